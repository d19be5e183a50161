/**
 * Records events into files: those of the Rust archiver, so that both read both.
 *
 * @module
 */

import { checkSelection, SELECTION } from "../../runtime/archive/selection.ts";
import { component, type Context } from "../../runtime/component.ts";
import { flag, integer, type Option, type OptionTable, path, text } from "../../runtime/options.ts";
import { reasonOf } from "../../runtime/reason.ts";
import { Recorder } from "./recorder.ts";

/** A kill −9 loses what came after the last flush: at most this, and what a write takes. */
const FLUSH_MS = 900;

const options = {
  dir: path("Folder of the files, made where it is missing", "~/.waggle/archive"),
  baseName: baseName(
    "How the names of the files begin; a node's name follows where events have one",
    "archive",
  ),
  maxFileSize: integer("Bytes after which a new file is started", 1_073_741_824, { min: 1 }),
  maxAgeMinutes: integer("Minutes after which a new file is started; 0 for never", 1440, { max: 525_600 }),
  level: integer("Compression from 1 (fast) to 22 (small, slow, 1 GB of memory); 0 for none", 7, { max: 22 }),
  lowData: flag("Leave out the raw bytes of transactions, and the transactions of blocks"),
  ...SELECTION,
} satisfies OptionTable;

/** The archive tool. */
export default component({
  summary: "Records events into files, compressed, for years",
  example: "archive --archive.dir /var/lib/waggle/archive",
  options,
  check: (values) => [
    ...checkSelection("archive", values),
    ...values.lowData && values.only.length > 0 && !values.only.includes("messages")
      ? ["archive: --archive.low-data needs messages among --archive.only"]
      : [],
  ],
  permissions: ({ dir }) => ({ write: [dir] }),
  async run(context) {
    const { options, log } = context;
    await prepare(options.dir);
    log.info(`Files go to ${options.dir}`);
    const recorder = new Recorder(options, context);
    const failed = Promise.withResolvers<never>();
    const timer = setInterval(() => recorder.flush().catch(failed.reject), FLUSH_MS);
    try {
      await Promise.race([record(context, recorder), failed.promise]);
      await recorder.close();
    } catch (error) {
      recorder.abandon();
      throw error;
    } finally {
      clearInterval(timer);
    }
  },
});

async function record({ subscribe }: Pick<Context, "subscribe">, recorder: Recorder): Promise<void> {
  for await (const delivery of subscribe()) {
    recorder.add(delivery);
    if (recorder.isFull) await recorder.write();
  }
}

/** Finds out now, not hours later, whether files can be written. */
async function prepare(dir: string): Promise<void> {
  try {
    await Deno.mkdir(dir, { recursive: true });
    await Deno.remove(await Deno.makeTempFile({ dir, prefix: ".waggle-" }));
  } catch (cause) {
    const reason = reasonOf(cause);
    throw new Error(`Cannot record into "${dir}": ${reason}; choose another folder with --archive.dir`, {
      cause,
    });
  }
}

function baseName(help: string, byDefault: string): Option<string> {
  return {
    ...text(help, byDefault),
    parse(text) {
      if (!/^[\w.-]{1,100}$/.test(text) || text.startsWith(".")) {
        throw new SyntaxError("expected letters, digits, _, - and dots, not starting with a dot");
      }
      return text;
    },
  };
}
