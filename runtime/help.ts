/**
 * Help texts, made from the option tables. A component's README contains its text word for word.
 *
 * @module
 */

import type { Component } from "./component.ts";
import type { Option, OptionTable } from "./options.ts";
import { flagName, variableName } from "./resolve.ts";

const WIDTH = 100;
const INDENT = "      ";

/** Help of one component: what it is, an example, its options. */
export function componentHelp(name: string, component: Component): string {
  const lines = [`${name}: ${component.summary}`, "", "Example:", `  deno task ${component.example}`];
  const options = optionLines(name, component.options);
  if (options.length > 0) lines.push("", "Options:", ...options);
  return lines.join("\n") + "\n";
}

/** Lines for every option of a table: flag, value, what it does, default, variable. */
export function optionLines(table: string, options: OptionTable): string[] {
  return Object.entries(options).flatMap(([name, option]) => {
    const variable = variableName(table, name);
    const head = option.secret ? variable : `${flagName(table, name)}${placeholder(option)}`;
    const facts = [...shownDefault(option), ...(option.secret ? ["variable or file only"] : [variable])];
    return [`  ${head}`, ...wrap(`${option.help} [${facts.join("; ")}]`)];
  });
}

function placeholder(option: Option<unknown>): string {
  return option.placeholder === "" ? "" : ` ${option.placeholder}`;
}

function shownDefault({ default: value }: Option<unknown>): string[] {
  if (value === undefined || value === false || Array.isArray(value) && value.length === 0) return [];
  return [`default ${Array.isArray(value) ? value.join(",") : value}`];
}

function wrap(text: string): string[] {
  const lines = [INDENT];
  for (const word of text.split(" ")) {
    const last = lines.at(-1)!;
    if (last.length + word.length + 1 > WIDTH) lines.push(INDENT + word);
    else lines[lines.length - 1] = last === INDENT ? last + word : `${last} ${word}`;
  }
  return lines;
}
