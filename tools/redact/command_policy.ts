import { command } from "../../runtime/command.ts";
import { choice } from "../../runtime/options.ts";
import { POLICIES, policySchema } from "./policy.ts";

/** Prints what a policy can say. */
export default command({
  summary: "Prints a policy that is there, or the form of your own as JSON Schema",
  example: "redact policy --redact.show schema",
  options: {
    show: choice("What to print", "schema", ["schema", "strict", "research"]),
  },
  run({ options: { show }, print }) {
    const value = show === "schema" ? policySchema() : POLICIES[show];
    print(`${JSON.stringify(value, null, 2)}\n`);
    return Promise.resolve();
  },
});
