import { checkBothWays } from "./check.ts";
import { addrman, connections, mempool, validation } from "./tracepoints.ts";

checkBothWays([...connections, ...mempool, ...validation, ...addrman]);
