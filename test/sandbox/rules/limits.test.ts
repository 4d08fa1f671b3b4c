import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Sandbox, startSandbox } from '../../../sandbox/sandbox.ts';
import type { SandboxGuild } from '../../../sandbox/world/sandbox-guild.ts';
import { connect, definitions, onInteraction } from '../connected-client.ts';

const hourMs = 3_600_000;

/** The sandbox's own clock stands unless a test moves it, so that no count depends on how fast the machine is. */
describe('limits', () => {
  let sandbox: Sandbox;
  let guild: SandboxGuild;
  let clock: number;

  beforeEach(async () => {
    clock = Date.now();
    sandbox = await startSandbox({ now: () => clock });
    guild = sandbox.addGuild({ channels: 15 });
  });

  afterEach(() => sandbox.close());

  async function send(method: string, path: string, body?: object) {
    const response = await fetch(`${sandbox.apiUrl}/v10${path}`, {
      method,
      headers: { authorization: `Bot ${sandbox.token}`, 'content-type': 'application/json' },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body: text === '' ? null : JSON.parse(text),
    };
  }

  async function times(count: number, request: () => ReturnType<typeof send>) {
    const answers: Awaited<ReturnType<typeof send>>[] = [];
    for (let i = 0; i < count; i += 1) answers.push(await request());
    return answers;
  }

  const statuses = (answers: { status: number }[]) => answers.map(({ status }) => status);
  const at = (i: number) => guild.channels[i]!.id;

  it('let 5 posts and 5 edits in 5 s into a channel, and tell so in the headers', async () => {
    const posts = await times(6, () => send('POST', `/channels/${at(0)}/messages`, { content: 'x' }));
    expect(statuses(posts)).toEqual([200, 200, 200, 200, 200, 429]);
    expect(posts[1]!.headers.get('x-ratelimit-remaining')).toBe('3');
    expect(posts[4]!.headers.get('x-ratelimit-reset-after')).toBe('5.000');
    expect(posts[5]!.body).toMatchObject({ retry_after: 5, global: false });
    expect(posts[5]!.headers.get('retry-after')).toBe('5');
    expect(posts[5]!.headers.get('x-ratelimit-scope')).toBe('user');
    const edits = await times(6, () =>
      send('PATCH', `/channels/${at(0)}/messages/${posts[0]!.body.id}`, { content: 'y' }),
    );
    expect(statuses(edits)).toEqual([200, 200, 200, 200, 200, 429]);
    expect(edits[0]!.headers.get('x-ratelimit-bucket')).toBe(posts[0]!.headers.get('x-ratelimit-bucket'));
    expect((await send('POST', `/channels/${at(1)}/messages`, { content: 'x' })).status).toBe(200);
    clock += 5000;
    expect((await send('POST', `/channels/${at(0)}/messages`, { content: 'x' })).status).toBe(200);
  });

  it('let 3 edits in 6 s of messages older than an hour into a channel, unannounced, with code 30046', async () => {
    sandbox.backdate(hourMs + 1000);
    const { body } = await send('POST', `/channels/${at(0)}/messages`, { content: 'old' });
    const edits = await times(4, () =>
      send('PATCH', `/channels/${at(0)}/messages/${body.id}`, { content: 'y' }),
    );
    expect(statuses(edits)).toEqual([200, 200, 200, 429]);
    expect(edits[2]!.headers.get('x-ratelimit-remaining')).toBe('2');
    expect(edits[3]!.body).toMatchObject({ code: 30046, retry_after: 6 });
    expect(sandbox.requests.at(-1)).toMatchObject({ status: 429, code: 30046 });
  });

  it('let 3 edits in an hour of a published message pass, and tell the wait in the body alone', async () => {
    const [published, other] = await times(2, () =>
      send('POST', `/channels/${at(0)}/messages`, { content: 'x' }),
    );
    const edit = (message: typeof published) =>
      send('PATCH', `/channels/${at(0)}/messages/${message!.body.id}`, { content: 'y' });
    sandbox.publish(published!.body.id);
    expect(statuses(await times(3, () => edit(published)))).toEqual([200, 200, 200]);
    clock += 5_000;
    const refused = await edit(published);
    expect(refused).toMatchObject({ status: 429, body: { code: 20028, retry_after: 3_595, global: false } });
    const told = ['retry-after', 'x-ratelimit-scope', 'x-ratelimit-remaining'].map((name) =>
      refused.headers.get(name),
    );
    expect(told).toEqual(['1', 'shared', '5']);
    expect((await edit(other)).status).toBe(200);
    clock += 3_595_000;
    expect((await edit(published)).status).toBe(200);
  });

  it('let 50 requests a second pass in all', async () => {
    const reads = await times(51, () => send('GET', '/users/@me'));
    expect(statuses(reads).filter((status) => status === 429).length).toBe(1);
    expect(reads[50]!.body).toMatchObject({ global: true, retry_after: 1 });
    expect(reads[50]!.headers.get('x-ratelimit-global')).toBe('true');
    clock += 1000;
    expect((await send('GET', '/users/@me')).status).toBe(200);
  });

  it('let 5 deletions a second into a channel and 1 bulk deletion a second into a guild', async () => {
    const gone = sandbox.world.newId();
    const deletions = await times(6, () => send('DELETE', `/channels/${at(0)}/messages/${gone}`));
    expect(statuses(deletions)).toEqual([404, 404, 404, 404, 404, 429]);
    const bulk = (i: number) =>
      send('POST', `/channels/${at(i)}/messages/bulk-delete`, { messages: [gone, sandbox.world.newId()] });
    expect(statuses([await bulk(0), await bulk(1)])).toEqual([204, 429]);
  });

  it('exempt callbacks and webhook tokens from the global limit, the latter with 5 in 2 s each', async () => {
    sandbox.setLimits('off');
    const client = await connect(sandbox);
    await client.application.commands.set(definitions as never);
    onInteraction(client, async (given) => given.isChatInputCommand() && given.deferReply());
    sandbox.setLimits('true');
    await times(50, () => send('GET', '/users/@me'));
    const reply = await sandbox.person().slash(at(0), 'bulk close', { polls: '1' });
    const path = `/webhooks/${client.application.id}/${reply.interaction.token}`;
    const edits = await times(6, () => send('PATCH', `${path}/messages/@original`, { content: 'x' }));
    expect(statuses(edits)).toEqual([200, 200, 200, 200, 200, 429]);
    clock += 2000;
    expect((await send('POST', path, { content: 'x' })).status).toBe(200);
    await client.destroy();
  });

  it('are obeyed by discord.js without a refusal, where it sends one after another', async () => {
    await sandbox.close();
    sandbox = await startSandbox({ limits: { scale: 0.02 } });
    guild = sandbox.addGuild({ channels: 1 });
    const client = await connect(sandbox);
    const channel = await client.channels.fetch(at(0));
    if (!channel?.isSendable()) throw new Error('not sendable');
    for (let i = 0; i < 12; i += 1) await channel.send(`${i}`);
    expect(guild.channels[0]!.messages.length).toBe(12);
    expect(sandbox.requests.filter(({ status }) => status === 429)).toEqual([]);
    await client.destroy();
  });
});
