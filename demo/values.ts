import type { OptionTable, Values } from "../runtime/options.ts";

/** Values of options: the defaults, and what was chosen. */
export function valuesOf<O extends OptionTable>(options: O, chosen: Partial<Values<O>>): Values<O> {
  const defaults = Object.fromEntries(
    Object.entries(options).map(([name, option]) => [name, option.default]),
  );
  return { ...defaults, ...chosen } as Values<O>;
}
