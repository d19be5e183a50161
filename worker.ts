/**
 * The module every sandbox starts with: the same table of components, without the command line.
 *
 * @module
 */

import { extractors } from "./extractors/mod.ts";
import { federation } from "./federation/mod.ts";
import { serveSandbox } from "./runtime/sandbox_worker.ts";
import { tools } from "./tools/mod.ts";

serveSandbox({ ...extractors, ...tools, ...federation });
