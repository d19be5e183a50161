/**
 * A line that stands on top of every page, for whoever wants to say something about all of them: that this is a test
 * hub, say.
 *
 * @module
 */

import type { Option } from "../options.ts";

const MOST_CHARACTERS = 160;

/**
 * The option that sets it.
 *
 * @example Usage
 * ```ts
 * import { assertEquals, assertThrows } from "@std/assert";
 *
 * assertEquals(notice.parse(" Test hub "), "Test hub");
 * assertThrows(() => notice.parse("a".repeat(161)), RangeError, "160");
 * ```
 */
export const notice: Option<string | undefined> = {
  help: "A line on top of every page, such as that this is a test",
  default: undefined,
  placeholder: "TEXT",
  parse(text) {
    const line = text.trim();
    if (line === "") throw new SyntaxError("expected a text");
    if (line.length > MOST_CHARACTERS) {
      throw new RangeError(`expected ${MOST_CHARACTERS} characters at most`);
    }
    return line;
  },
};
