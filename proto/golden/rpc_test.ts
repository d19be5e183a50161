import { checkBothWays } from "./check.ts";
import { rpc } from "./rpc.ts";

checkBothWays(rpc);
