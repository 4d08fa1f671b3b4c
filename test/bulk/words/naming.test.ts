import { expect, test } from 'vitest';
import { channelName, type Names, nameChannels } from '../../../src/bulk/words/naming.ts';

const [here, there] = ['800000000000000001', '800000000000000002'];
const [votes, foreign, gone] = ['700000000000000001', '700000000000000002', '700000000000000003'];
const names: Names = {
  server: () => null,
  channel: (id) =>
    id === votes
      ? { name: 'votes', serverId: here }
      : id === foreign
        ? { name: 'secret', serverId: there }
        : null,
};
const inPublic = { serverId: here };

test.each([
  [votes, [here], 'no access to #votes'],
  [foreign, [there], 'no access to a channel of another server'],
  // Not known: deleted, or of a shard that another process has.
  [gone, [there], 'no access to a channel of another server'],
  [gone, [here, there], 'no access to a channel of another server'],
  [gone, [], 'no access to a channel of another server'],
  [gone, [here], `no access to <#${gone}>`],
])('channel %s of polls in %j is named in public only where it is the readers’', (id, serverIds, text) => {
  expect(nameChannels(names, inPublic, `no access to <#${id}>`, serverIds)).toBe(text);
});

test('a channel that is gone reads well, whoever reads', () => {
  const cause = `the channel <#${gone}> no longer exists`;
  expect(nameChannels(names, inPublic, cause, [there])).toBe('a channel of another server no longer exists');
  expect(nameChannels(names, inPublic, cause, [here])).toBe(cause);
  expect(nameChannels(names, { serverId: null }, cause)).toBe(cause);
});

test('whoever may see everything gets each name', () => {
  expect(channelName(names, { serverId: null }, foreign)).toBe('#secret');
});
