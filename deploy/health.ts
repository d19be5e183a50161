/**
 * Ends with 0 if an address answers, with 1 if not: for health checks of containers, which have no curl.
 * `deno run --allow-net=127.0.0.1:8282 deploy/health.ts http://127.0.0.1:8282/metrics`
 *
 * @module
 */

const [address = ""] = Deno.args;
const answer = await fetch(address, { signal: AbortSignal.timeout(5000) }).catch((error) => error as Error);
if (answer instanceof Error) console.error(`Cannot reach ${address}: ${answer.message}`);
else if (!answer.ok) console.error(`${address} answers with ${answer.status}`);
Deno.exit(answer instanceof Response && answer.ok ? 0 : 1);
