-- One Midjourney submit, POSTed again and again with the token of BENCH_KEY. Every answer must be code 1.
local bad = 0
local threads = {}

function setup(thread) threads[#threads + 1] = thread end

function init(args)
  wrk.method = "POST"
  wrk.headers["Content-Type"] = "application/json"
  wrk.headers["mj-api-secret"] = os.getenv("BENCH_KEY")
  wrk.body = '{"prompt":"tin robot watering ferns --ar 3:2"}'
  refused = 0
end

function response(status, headers, body)
  if status ~= 200 or not string.find(body, '"code":1,', 1, true) then refused = refused + 1 end
end

function done(summary, latency, requests)
  for _, thread in ipairs(threads) do bad = bad + thread:get("refused") end
  io.write(string.format(
    'JSON:{"rate":%.1f,"count":%d,"bad":%d,"p50_ms":%.1f,"p99_ms":%.1f}\n',
    summary.requests / (summary.duration / 1e6), summary.requests,
    bad + summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end
