import { checkBothWays } from "./check.ts";
import { messages } from "./messages.ts";

checkBothWays(messages);
