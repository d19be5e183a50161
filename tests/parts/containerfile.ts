/**
 * What a Containerfile says, step by step.
 *
 * @module
 */

/** One line of it. */
export interface Step {
  /** `RUN`, `COPY`, … */
  readonly instruction: string;
  readonly text: string;
}

/** From one `FROM` to the next. */
export interface Stage {
  readonly from: string;
  readonly name: string;
  readonly steps: readonly Step[];
}

/** Its stages, in order. */
export function readContainerfile(text: string): Stage[] {
  const lines = text.replaceAll("\\\n", " ").split("\n").filter((line) => /^[A-Z]+ /.test(line));
  const stages: { from: string; name: string; steps: Step[] }[] = [];
  for (const line of lines) {
    const [, instruction, text] = /^([A-Z]+) (.*)$/.exec(line)!;
    const [, from, name] = /^(\S+) AS (\w+)$/.exec(text!) ?? [];
    if (instruction === "FROM") stages.push({ from: from!, name: name!, steps: [] });
    else stages.at(-1)?.steps.push({ instruction: instruction!, text: text! });
  }
  return stages;
}
