/**
 * A group of numbers: each with its interval, drawn and as text, and with all that its noise was made with.
 *
 * @module
 */

import type { Figures } from "../../release/figures.ts";
import type { Release } from "../../release/document.ts";
import { IntervalBar, type Range, rangeAround, rangeFromZero } from "./drawings.tsx";
import { Section } from "./shell.tsx";
import { errorOf, shownOf, wordsOf } from "./words.ts";

/** A group, unless there is nothing of it. */
export function Group({ figures, release }: { figures: Figures; release: Release }) {
  const words = wordsOf(figures, release);
  const shown = shownOf(figures);
  if (shown.length === 0) return null;
  const error = errorOf(figures);
  const centreOf = (name: string) =>
    figures.centre?.[figures.numbers.findIndex((each) => each.name === name)];
  const range: Range = figures.group === "traffic" ? rangeAround(shown) : rangeFromZero(shown);
  const [from, to] = range;
  return (
    <Section title={words.title} id={figures.group} about={words.about}>
      <div class="table">
        <table class="figures">
          <caption>{words.title}, with the interval that holds the truth in 95 of 100 cases</caption>
          <thead>
            <tr>
              <th scope="col">Number</th>
              <th scope="col" class="drawn">
                <span class="axis">
                  <span>{words.value(from, error)}</span>
                  <span>{words.value((from + to) / 2, error)}</span>
                  <span>{words.value(to, error)}</span>
                </span>
              </th>
              <th scope="col" class="num">About</th>
              <th scope="col" class="num">95 in 100</th>
            </tr>
          </thead>
          <tbody>
            {shown.map(({ name, value, low, high }) => (
              <tr data-number={`${figures.group} ${name}`}>
                <th scope="row">{words.part(name)}</th>
                <td class="drawn">
                  <IntervalBar low={low} value={value} high={high} range={range} centre={centreOf(name)} />
                </td>
                <td class="num strong">{words.value(value, error)}</td>
                <td class="num">{words.span(low, high, error)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <Parameters figures={figures} />
    </Section>
  );
}

/** What the numbers of a group were made with, in the units of the document. */
function Parameters({ figures }: { figures: Figures }) {
  const { noise, threshold, centre, numbers } = figures;
  return (
    <details class="parameters">
      <summary>
        Noise ±{(1.96 * noise.deviation).toFixed(3)}
        {threshold !== undefined && `, shown from about ${threshold} operators on`}
        <span>, and all parameters</span>
      </summary>
      <dl class="facts">
        <dt>Standard deviation of the noise</dt>
        <dd>{noise.deviation}, in parts of one, for each number of the group</dd>
        <dt>Reach of an operator</dt>
        <dd>
          {noise.diameter}{" "}
          before the mean is taken: further than this nobody can move the numbers of the group together
        </dd>
        {threshold !== undefined && (
          <>
            <dt>Threshold</dt>
            <dd>{threshold} operators before its own noise, which only ever raises it</dd>
          </>
        )}
        {centre !== undefined && (
          <>
            <dt>Centre</dt>
            <dd>
              The grey marks: what was published last, or where it began. Operators’ values were cut around
              it: {centre.map((value, i) => `${numbers[i]?.name} ${value}`).join(", ")}
            </dd>
          </>
        )}
      </dl>
    </details>
  );
}
