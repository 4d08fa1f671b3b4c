import type { Layout } from '../stage/layout.ts';

export interface DemoLayout extends Layout {
  /** Poll messages that somebody deletes by hand. */
  readonly deletedByHand: number;
  /** Polls that somebody closes one by one between preview and confirmation. */
  readonly closedMeanwhile: number;
}

const names = {
  'Pixel Harbor':
    'lobby raids ranked speedruns minecraft chess art music movies memes tournaments ideas feedback mods',
  'Open Foundry':
    'general frontend backend infra design docs releases testing security meetups jobs rust board',
  'Chapter One':
    'reading-list fantasy crime classics poetry comics audiobooks authors translations quotes swaps events treasury',
};
const hiddenNames = ['mods', 'treasury'];
const oldNames = ['raids', 'releases', 'classics'];
/** How many polls the channels get, in turn. Up to 30 take Discord six windows of 5 edits in 5 s, so at least 25 s. */
const sizes = [30, 28, 26, 24, 22];

/** 1000 polls in 40 channels of 3 servers: 38 busy channels of 22 to 30 polls, and two of 6 that will be hidden. */
export function demoLayout(): DemoLayout {
  let turn = 0;
  const size = () => (turn < 35 ? sizes[turn++ % sizes.length]! : 26);
  const servers = Object.entries(names).map(([server, channels]) => ({
    name: server,
    channels: channels.split(' ').map((name) => {
      if (hiddenNames.includes(name)) return { name, polls: 6, hidden: true };
      // 15 of them take five windows of 3 edits in 6 s: 24 s. That is no longer than the busiest channels need
      // anyway.
      return { name, polls: size(), old: oldNames.includes(name) ? 15 : 0 };
    }),
  }));
  return { servers, deletedByHand: 6, closedMeanwhile: 3 };
}
