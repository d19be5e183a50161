/**
 * Numbers of a page that Prometheus reads.
 *
 * @module
 */

/** Values by series, as they stand there: `name{label="value"}`. */
export async function numbersAt(url: string): Promise<ReadonlyMap<string, number>> {
  const text = await (await fetch(url)).text();
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(lines.map((line) => {
    const space = line.lastIndexOf(" ");
    return [line.slice(0, space), Number(line.slice(space + 1))];
  }));
}

/** The sum of all series of a metric; of those with a label, where one is given. */
export function sumOf(numbers: ReadonlyMap<string, number>, metric: string, label = ""): number {
  let sum = 0;
  for (const [series, value] of numbers) {
    if ((series === metric || series.startsWith(`${metric}{`)) && series.includes(label)) sum += value;
  }
  return sum;
}
