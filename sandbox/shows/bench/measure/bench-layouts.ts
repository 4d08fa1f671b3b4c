import type { ChannelLayout, Layout } from '../../stage/layout.ts';

/**
 * Polls that an operation closes, spread evenly. One of them stands in a channel of its own, where votes before its
 * close cost the others no edit. Beside them a few polls stay open, for votes.
 */
export function evenLayout(channels: number, pollsEach: number): Layout {
  const targets = [
    ...row('target', channels - 1, pollsEach),
    { name: 'target-less-one', polls: pollsEach - 1 },
    { name: 'target-alone', polls: 1 },
  ];
  return {
    servers: [
      { name: 'Targets', channels: targets },
      { name: 'Votes', channels: row('votes', 2, 2) },
    ],
  };
}

/** The same, and polls that are closed one by one: all of one channel, and one each of many. */
export function evenLayoutAndSingles(channels: number, pollsEach: number): Layout {
  const { servers } = evenLayout(channels, pollsEach);
  return {
    servers: [
      ...servers,
      { name: 'Channel', channels: row('in-order', 1, pollsEach) },
      { name: 'Spread', channels: row('spread', 30, 1) },
    ],
  };
}

function row(name: string, channels: number, polls: number): ChannelLayout[] {
  return Array.from({ length: channels }, (_, i) => ({ name: `${name}-${i + 1}`, polls }));
}
