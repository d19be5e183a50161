/**
 * Help texts, made from the option tables. A component's README contains its text word for word.
 *
 * @module
 */

import type { Command } from "./command.ts";
import type { Component } from "./component.ts";
import type { Option, OptionTable } from "./options.ts";
import type { Preset } from "./preset.ts";
import { flagName, variableName } from "./resolve.ts";

const WIDTH = 100;
const INDENT = "      ";

/** Help of one component: what it is, an example, its options, its commands. */
export function componentHelp(name: string, component: Component): string {
  const { commands = {} } = component;
  const names = Object.keys(commands).map((command) => `  deno task ${name} ${command} --help`);
  return helpText(name, component, names.length > 0 ? ["", "Commands:", ...names] : []);
}

/** Help of a preset, without that of its components. */
export function presetHelp(name: string, { summary, components, options }: Preset): string {
  const own = options === undefined ? [] : ["", "Options:", ...optionLines("", options)];
  const lines = [
    `Runs ${components.join(", ")}; the options of all of them apply.`,
    "",
    "Example:",
    `  deno task ${name}`,
  ];
  return [`${name}: ${summary}`, "", ...lines, ...own].join("\n") + "\n";
}

/** Help of a component's command. */
export function commandHelp(component: string, name: string, command: Command): string {
  return helpText(component, command, [], `${component} ${name}`);
}

function helpText(
  table: string,
  { summary, example, options }: Pick<Component, "summary" | "example" | "options">,
  more: readonly string[],
  title = table,
): string {
  const lines = [`${title}: ${summary}`, "", "Example:", `  deno task ${example}`];
  const about = optionLines(table, options);
  if (about.length > 0) lines.push("", "Options:", ...about);
  return [...lines, ...more].join("\n") + "\n";
}

/** Lines for every option of a table: flag, value, what it does, default, variable. */
export function optionLines(table: string, options: OptionTable): string[] {
  return Object.entries(options).flatMap(([name, option]) => {
    const variable = variableName(table, name);
    const words = option.takesWords ? `${option.placeholder.replace(/,…$/, "…")} or ` : "";
    const flag = `${words}${flagName(table, name)}`;
    const head = option.secret ? variable : `${flag}${placeholder(option)}`;
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
