import type { Person } from '../../../sandbox/people/person.ts';
import type { OptionValues } from '../../../sandbox/people/slash-data.ts';
import type { SandboxMessage } from '../../../sandbox/world/message.ts';
import type { FlowScene } from '../flow-scene.ts';

/** Opens a picker and returns its message. */
export function openPicker(
  scene: FlowScene,
  options: OptionValues = {},
  by: Person = scene.admin,
): Promise<SandboxMessage> {
  return scene.ask('bulk select', options, by);
}

/** The numbers of a page's rows, and which of them are ticked. */
export function rowsOf(picker: SandboxMessage): { ids: number[]; ticked: number[] } {
  const found = [...picker.text.matchAll(/([☑☐]) \*\*#(\d+)\*\*/g)];
  return {
    ids: found.map((row) => Number(row[2])),
    ticked: found.filter((row) => row[1] === '☑').map((row) => Number(row[2])),
  };
}

/** How many it says are selected. */
export function selectedIn(message: SandboxMessage): number {
  return Number(/(\d+) polls? selected/.exec(message.text)?.[1]);
}

/** What of the page's menu is chosen before anybody touches it. */
export function chosenIn(picker: SandboxMessage): number[] {
  const menu = picker.menus.find((one) => one.custom_id?.startsWith('pick-polls'));
  return (menu?.options ?? []).filter((option) => option.default).map((option) => Number(option.value));
}

/** Chooses exactly these polls in the page's menu. */
export function choosePolls(by: Person, picker: SandboxMessage, ids: readonly number[]) {
  return by.choose(picker, 'Choose polls', ids.map(String));
}

/** The whole selection of somebody, as `/bulk selection show` tells it. */
export async function selectionOf(scene: FlowScene, by: Person = scene.admin): Promise<number[]> {
  const { text } = await scene.ask('bulk selection show', {}, by);
  return [...text.matchAll(/^\*\*#(\d+)\*\*/gm)].map((line) => Number(line[1]));
}

/** Selects nothing. */
export async function clear(scene: FlowScene, by: Person = scene.admin): Promise<void> {
  await scene.ask('bulk selection clear', {}, by);
}
