/** The sandbox's module for tests: as the real one, with this extractor alone. */

import { serveSandbox } from "../../runtime/sandbox_worker.ts";

serveSandbox({ log: () => import("./mod.ts") });
