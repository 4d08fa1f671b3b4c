/**
 * Stands in for the checks of commands that the schema leaves out (Discord's reference, "Application Command
 * Structure").
 */

import type { CommandBody, CommandOption } from '../world/command.ts';
import type { Flaw } from './flaw.ts';

/** Discord's reference, "Application Command Naming". */
const namePattern = /^[-_'\p{L}\p{N}\p{sc=Deva}\p{sc=Thai}]{1,32}$/u;

/** What Discord refuses in a command beyond its published schema. */
export function checkCommand(given: unknown, path: string): Flaw[] {
  const command = given as CommandBody;
  const flaws: Flaw[] = [];
  const type = command.type ?? 1;
  if (type === 1) {
    if (command.name !== undefined) flaws.push(...checkName(command.name, path));
    if (command.name !== undefined && !command.description)
      flaws.push({ path, reason: `${command.name}: description is missing` });
  } else if (command.description || command.options?.length)
    flaws.push({ path, reason: `${command.name}: a context command has neither description nor options` });
  flaws.push(...checkOptions(command.options ?? [], command.name ?? '', path));
  const characters = count(command as CommandOption);
  if (characters > 8000)
    flaws.push({ path, reason: `${command.name}: ${characters} characters in all, at most 8000` });
  return flaws;
}

function checkName(name: string, path: string): Flaw[] {
  const right = namePattern.test(name) && name === name.toLowerCase();
  return right ? [] : [{ path, reason: `name "${name}" does not fit the pattern` }];
}

function checkOptions(options: readonly CommandOption[], owner: string, path: string): Flaw[] {
  const flaws: Flaw[] = [];
  const wrong = (reason: string) => flaws.push({ path, reason: `${owner}: ${reason}` });
  if (options.length > 25) wrong(`${options.length} options, at most 25`);
  const names = options.map((option) => option.name);
  if (new Set(names).size < names.length) wrong('an option name is used twice');
  const nesting = options.filter((option) => option.type <= 2).length;
  if (nesting > 0 && nesting < options.length) wrong('subcommands and options are mixed');
  let optional = false;
  for (const option of options) {
    flaws.push(...checkName(option.name, path));
    if (option.type > 2 && option.required && optional)
      wrong(`required option ${option.name} stands after an optional one`);
    optional ||= !option.required;
    if (option.autocomplete && option.choices?.length)
      wrong(`${option.name} has both choices and autocomplete`);
    flaws.push(...checkOptions(option.options ?? [], `${owner} ${option.name}`, path));
  }
  return flaws;
}

/** Names, descriptions and string values of choices, all levels together. */
function count(option: CommandOption & { description?: string }): number {
  const choices = (option.choices ?? []).reduce(
    (sum, choice) => sum + choice.name.length + String(choice.value).length,
    0,
  );
  const inner = (option.options ?? []).reduce((sum, child) => sum + count(child), 0);
  return (option.name?.length ?? 0) + (option.description?.length ?? 0) + choices + inner;
}
