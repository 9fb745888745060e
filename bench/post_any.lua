-- The request of BENCH_BODY, POSTed again and again with the token of BENCH_KEY.
local made

function init(args)
  made = wrk.format("POST", nil, {
    ["Content-Type"] = "application/json", ["Authorization"] = "Bearer " .. os.getenv("BENCH_KEY")
  }, os.getenv("BENCH_BODY"))
end

function request()
  return made
end

function done(summary, latency, requests)
  io.write(string.format(
    'JSON:{"rate":%.1f,"bad":%d,"errors":%d}\n',
    summary.requests / (summary.duration / 1e6), summary.errors.status,
    summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout))
end
