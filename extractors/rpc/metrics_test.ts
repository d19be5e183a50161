import { assertEquals, assertStringIncludes } from "@std/assert";
import { CallMetrics } from "./metrics.ts";

Deno.test("CallMetrics has no text before the first call", () => {
  assertEquals(new CallMetrics().text(), "");
});

Deno.test("CallMetrics prints the Rust extractor's names in the text format", () => {
  const metrics = new CallMetrics();
  metrics.observe("uptime", 0.004);
  metrics.observe("uptime", 2);
  metrics.observe("getpeerinfo", 60);
  metrics.countFetchError("uptime");
  metrics.countFetchError("uptime");
  metrics.countModelError("getnettotals");
  const text = metrics.text();
  const uptime = text.split("\n").filter((line) => line.includes("uptime"));
  assertEquals(uptime, [
    'rpcextractor_rpc_fetch_duration_seconds_bucket{le="0.001",rpc_method="uptime"} 0',
    ...["0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1"].map((limit) =>
      `rpcextractor_rpc_fetch_duration_seconds_bucket{le="${limit}",rpc_method="uptime"} 1`
    ),
    ...["2.5", "5", "10", "+Inf"].map((limit) =>
      `rpcextractor_rpc_fetch_duration_seconds_bucket{le="${limit}",rpc_method="uptime"} 2`
    ),
    'rpcextractor_rpc_fetch_duration_seconds_sum{rpc_method="uptime"} 2.004',
    'rpcextractor_rpc_fetch_duration_seconds_count{rpc_method="uptime"} 2',
    'rpcextractor_rpc_fetch_errors_total{rpc_method="uptime"} 2',
  ]);
  assertStringIncludes(text, 'bucket{le="10",rpc_method="getpeerinfo"} 0\n');
  assertStringIncludes(text, 'bucket{le="+Inf",rpc_method="getpeerinfo"} 1\n');
  assertStringIncludes(text, "# TYPE rpcextractor_rpc_fetch_duration_seconds histogram\n");
  assertStringIncludes(text, "# TYPE rpcextractor_rpc_fetch_errors_total counter\n");
  assertStringIncludes(
    text,
    "# HELP rpcextractor_rpc_model_errors_total RPC answers that made no sense\n" +
      "# TYPE rpcextractor_rpc_model_errors_total counter\n" +
      'rpcextractor_rpc_model_errors_total{rpc_method="getnettotals"} 1\n',
  );
});
