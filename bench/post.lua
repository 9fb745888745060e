-- One chat request, POSTed again and again with the token of BENCH_KEY (several: separated by commas).
local keys, turn = {}, 0
for key in string.gmatch(os.getenv("BENCH_KEY"), "[^,]+") do keys[#keys + 1] = key end
local body = '{"model":"gpt-4o-mini","messages":[{"role":"user","content":"Tell me of the harbour."}]}'
local requests = {}

function init(args)
  for i, key in ipairs(keys) do
    requests[i] = wrk.format("POST", nil, {
      ["Content-Type"] = "application/json", ["Authorization"] = "Bearer " .. key
    }, body)
  end
end

function request()
  turn = turn % #requests + 1
  return requests[turn]
end

function done(summary, latency, requests)
  io.write(string.format(
    'JSON:{"rate":%.1f,"bad":%d,"errors":%d,"p50_us":%.1f,"p99_us":%.1f}\n',
    summary.requests / (summary.duration / 1e6), summary.errors.status,
    summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout,
    latency:percentile(50), latency:percentile(99)))
end
