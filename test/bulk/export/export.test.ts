import { gunzipSync } from 'node:zlib';
import { parse } from 'csv-parse/sync';
import { expect, test } from 'vitest';
import { type Clock, systemClock } from '../../../src/base/clock.ts';
import type { MessageBody, MessageFile } from '../../../src/base/message-body.ts';
import type { ExportRow } from '../../../src/bulk/export/export-row.ts';
import { operationKind } from '../../../src/bulk/kinds/operation-kinds.ts';
import { admitQueued } from '../../../src/bulk/lifecycle/admission.ts';
import { cancelOperation, pauseOperation, resumeOperation } from '../../../src/bulk/lifecycle/control.ts';
import type { Lease } from '../../../src/bulk/lifecycle/fence.ts';
import { confirmDraft } from '../../../src/bulk/plan/confirm.ts';
import { planUndo } from '../../../src/bulk/plan/plan-undo.ts';
import { startRetry } from '../../../src/bulk/plan/retry.ts';
import { renderProgress } from '../../../src/bulk/progress/progress-embed.ts';
import { readProgress } from '../../../src/bulk/progress/progress-store.ts';
import { type RunDeps, runOperation } from '../../../src/bulk/run/run-operation.ts';
import type { Db } from '../../../src/db/schema.ts';
import type { Deliverer } from '../../../src/delivery/delivery-batch.ts';
import type { Messages, Sent } from '../../../src/delivery/messages/messages.ts';
import { createPoll } from '../../../src/polls/poll-store.ts';
import { everyServer } from '../../../src/polls/scope.ts';
import { hostileTexts } from '../../polls/hostile-texts.ts';
import { channelId, guildId, minutes, newPoll, postedPoll } from '../../polls/poll-fixture.ts';
import { describeEachDatabase } from '../../support/databases.ts';
import {
  actor,
  adminId,
  interactionId,
  itemStates,
  later,
  operationOf,
  plan,
  postedPolls,
  processName,
  running,
  start,
} from '../bulk-fixture.ts';

const kind = operationKind('export');
const never = { stopping: new AbortController().signal, otherThan: () => new Promise<void>(() => {}) };
/** Sleeps for ever, so that no time limit ends what a test looks at. */
const still: Clock = { ...systemClock, now: () => later, sleep: () => new Promise(() => {}) };

const names = {
  guild: () => 'Home',
  channel: () => ({ name: 'votes', guildId }),
};

/** Takes every file, or answers as told; whatever else is sent is a mistake. */
class Inbox implements Partial<Messages> {
  readonly files: (MessageFile & { way: 'follow-up' | 'direct'; to: string; nonce?: string })[] = [];
  readonly contents: string[] = [];
  /** Answers of the next calls. */
  readonly answers: (Sent | (() => Promise<void>))[] = [];

  async followUp(token: string, body: MessageBody): Promise<Sent> {
    return await this.#take(body, { way: 'follow-up', to: token });
  }

  async direct(userId: string, body: MessageBody, nonce: string): Promise<Sent> {
    return await this.#take(body, { way: 'direct', to: userId, nonce });
  }

  async #take(
    body: MessageBody,
    how: { way: 'follow-up' | 'direct'; to: string; nonce?: string },
  ): Promise<Sent> {
    const next = this.answers.shift();
    if (typeof next === 'function') await next();
    else if (next) return next;
    for (const file of body.files ?? []) this.files.push({ ...file, ...how });
    this.contents.push(body.content ?? '');
    return { type: 'sent', channelId: '1', messageId: '2' };
  }
}

function depsWith(db: Db, inbox: Inbox, more: Partial<RunDeps> = {}): RunDeps {
  return {
    db,
    messages: inbox as unknown as Messages,
    deliverer: {} as Deliverer,
    names,
    clock: still,
    processId: processName,
    timeoutMs: 60_000,
    ...more,
  };
}

function begin(db: Db, params: Record<string, unknown> = {}, ids?: readonly number[]): Promise<Lease> {
  const filter = ids ? { ids } : {};
  return running(db, { kind, params: kind.bind(params).params, filter, targets: {} });
}

/** The whole export: what came, and the operation's result. */
async function exported(db: Db, params: Record<string, unknown> = {}, more: Partial<RunDeps> = {}) {
  const inbox = new Inbox();
  const lease = await begin(db, params);
  const ended = await runOperation(depsWith(db, inbox, more), lease, never);
  return { inbox, lease, operation: ended!.operation };
}

function text(file: MessageFile): string {
  return (file.name.endsWith('.gz') ? gunzipSync(file.data) : file.data).toString();
}

function jsonOf(inbox: Inbox): ExportRow[] {
  return inbox.files.flatMap((file) => JSON.parse(text(file)) as ExportRow[]);
}

function csvOf(inbox: Inbox): Record<string, string>[] {
  return inbox.files.flatMap((file) => parse(text(file), { columns: true }) as Record<string, string>[]);
}

async function votes(db: Db, pollId: number, choices: readonly (readonly [string, number])[]): Promise<void> {
  for (const [index, [user, position]] of choices.entries()) {
    await db
      .insertInto('votes')
      .values({ poll_id: pollId, position, user_id: user, created_at: minutes(index) })
      .execute();
  }
}

const [ann, bob, cid] = ['900000000000000601', '900000000000000602', '900000000000000603'];

describeEachDatabase('export', (fresh) => {
  test('tells settings, times in UTC and in the zone, tallies and the link, the same in JSON and CSV', async () => {
    const db = await fresh();
    const { id } = await postedPoll(db, interactionId(), {
      timezone: 'Europe/Berlin',
      maxChoices: 2,
      pingRoleId: '900000000000000401',
      closesAt: new Date('2026-12-01T17:00:00Z'),
    });
    await votes(db, id, [
      [ann!, 0],
      [ann!, 2],
      [bob!, 2],
    ]);
    const link = `https://discord.com/channels/${guildId}/${channelId}/9000000000000${String(id).padStart(5, '0')}`;
    const { inbox, operation } = await exported(db, { format: 'json' });
    expect(operation.state).toBe('completed');
    expect(jsonOf(inbox)).toEqual([
      {
        number: id,
        question: 'Tea or coffee?',
        status: 'active',
        server_id: guildId,
        server: 'Home',
        channel_id: channelId,
        channel: 'votes',
        creator_id: '900000000000000201',
        link,
        timezone: 'Europe/Berlin',
        anonymous: false,
        max_choices: 2,
        ping_role_id: '900000000000000401',
        created_at: '2026-11-01T12:00:00.000Z',
        created_at_local: '2026-11-01T13:00:00.000+01:00',
        opens_at: null,
        opens_at_local: null,
        closes_at: '2026-12-01T17:00:00.000Z',
        closes_at_local: '2026-12-01T18:00:00.000+01:00',
        closed_at: null,
        closed_at_local: null,
        people: 2,
        options: [
          { text: 'Tea', votes: 1 },
          { text: 'Coffee', votes: 0 },
          { text: 'Water', votes: 2 },
        ],
      },
    ]);
    const again = await exported(db);
    expect(again.inbox.files.map((file) => file.name)).toEqual([`operation-${again.operation.id}-polls.csv`]);
    expect(csvOf(again.inbox)).toEqual([
      expect.objectContaining({
        number: String(id),
        anonymous: 'false',
        link,
        closes_at: '2026-12-01T17:00:00.000Z',
        closes_at_local: '2026-12-01T18:00:00.000+01:00',
        opens_at: '',
        people: '2',
        option_1: 'Tea',
        votes_1: '1',
        votes_2: '0',
        option_3: 'Water',
        votes_3: '2',
      }),
    ]);
  });

  test('keeps hostile texts verbatim in JSON, and whole and harmless in CSV', async () => {
    const db = await fresh();
    const texts = [
      ...hostileTexts.map(([, hostile]) => hostile.replaceAll('\u0000', '').toWellFormed()),
      ...['=1+1', '+1', '-1', '@sum(a1)', '\tx', '\rx', 'a,b;"c"\n"d"', "it's", '\u202Ertl', ''],
    ];
    for (const question of texts) {
      await createPoll(db, newPoll(interactionId(), { question, options: [question, 'b'] }));
    }
    const json = jsonOf((await exported(db, { format: 'json' })).inbox);
    expect(json.map((row) => row.question)).toEqual(texts);
    expect(json.map((row) => row.options[0]!.text)).toEqual(texts);
    const csv = csvOf((await exported(db)).inbox);
    expect(csv).toHaveLength(texts.length);
    for (const [index, original] of texts.entries()) {
      const neutral = /^[=+\-@\t\r]/.test(original) ? `'${original}` : original;
      expect(csv[index]!.question).toBe(neutral);
      expect(csv[index]!.option_1).toBe(neutral);
      expect(csv[index]!.votes_1).toBe('0');
    }
  });

  test('tells voters only where asked for, and never those of anonymous polls', async () => {
    const db = await fresh();
    const open = await postedPoll(db, interactionId(), { maxChoices: 2 });
    const secret = await postedPoll(db, interactionId(), { anonymous: true });
    const ended = await postedPoll(db, interactionId(), { anonymous: true });
    for (const { id } of [open, secret, ended])
      await votes(db, id, [
        [bob!, 0],
        [ann!, 0],
        [cid!, 1],
      ]);
    await db.updateTable('polls').set({ status: 'closed' }).where('id', '=', ended.id).execute();

    const without = await exported(db, { format: 'json' });
    expect(text(without.inbox.files[0]!)).not.toContain(ann);
    const rows = jsonOf((await exported(db, { format: 'json', voters: true })).inbox);
    expect(rows[0]!.options).toEqual([
      { text: 'Tea', votes: 2, voters: [bob, ann] },
      { text: 'Coffee', votes: 1, voters: [cid] },
      { text: 'Water', votes: 0, voters: [] },
    ]);
    expect(rows[1]).toMatchObject({ people: null, options: [{ votes: null, voters: null }, {}, {}] });
    expect(rows[2]).toMatchObject({
      people: 3,
      options: [{ votes: 2, voters: null }, { votes: 1, voters: null }, {}],
    });
    const csv = csvOf((await exported(db, { voters: true })).inbox);
    expect(csv.map((row) => row.voters_1)).toEqual([`${bob} ${ann}`, '', '']);
    expect(csv.map((row) => row.votes_1)).toEqual(['2', '', '2']);
    expect(csv.map((row) => row.people)).toEqual(['3', '', '3']);
  });

  test('changes no poll, and takes held polls as they are', async () => {
    const db = await fresh();
    const ids = await postedPolls(db, 3);
    const holder = await running(db, { filter: { ids: [ids[1]!] } });
    await db.updateTable('polls').set({ held_by: holder.operationId }).where('id', '=', ids[1]!).execute();
    const before = await db.selectFrom('polls').selectAll().orderBy('id').execute();
    const { inbox, lease, operation } = await exported(db);
    expect(operation.state).toBe('completed');
    expect(csvOf(inbox).map((row) => Number(row.number))).toEqual(ids);
    expect(await db.selectFrom('polls').selectAll().orderBy('id').execute()).toEqual(before);
    expect(new Set(Object.values(await itemStates(db, lease.operationId)))).toEqual(
      new Set([`done: operation-${lease.operationId}-polls.csv, sent as a private reply`]),
    );
  });

  test('gives polls of different lengths the same columns, one row each', async () => {
    const db = await fresh();
    await postedPoll(db, interactionId(), { options: ['a', 'b'] });
    const many = Array.from({ length: 20 }, (_, index) => `Option ${index + 1}`);
    await postedPoll(db, interactionId(), { options: many });
    const rows = csvOf((await exported(db)).inbox);
    expect(rows).toHaveLength(2);
    expect(rows[0]).toMatchObject({ option_2: 'b', votes_2: '0', option_3: '', votes_3: '', votes_20: '' });
    expect(rows[1]).toMatchObject({ option_20: 'Option 20', votes_20: '0' });
  });

  test('skips what was deleted after the preview', async () => {
    const db = await fresh();
    const [kept, gone] = await postedPolls(db, 2);
    const lease = await begin(db);
    await db.updateTable('polls').set({ deleted_at: later }).where('id', '=', gone!).execute();
    const inbox = new Inbox();
    await runOperation(depsWith(db, inbox), lease, never);
    expect(csvOf(inbox).map((row) => Number(row.number))).toEqual([kept]);
    expect((await itemStates(db, lease.operationId))[gone!]).toBe('skipped: deleted meanwhile');
  });

  test('compresses and splits what Discord would not take whole', async () => {
    const db = await fresh();
    const ids = await postedPolls(db, 60);
    const whole = (await exported(db, { format: 'json' })).inbox;
    const plain = whole.files[0]!.data.length;
    const zipped = await exported(db, { format: 'json' }, { largestFile: plain - 1 });
    expect(zipped.inbox.files.map((file) => file.name)).toEqual([
      `operation-${zipped.operation.id}-polls.json.gz`,
    ]);
    expect(jsonOf(zipped.inbox).map((row) => row.number)).toEqual(ids);

    for (const format of ['json', 'csv']) {
      const { inbox, operation, lease } = await exported(db, { format }, { largestFile: 1200 });
      expect(operation.state).toBe('completed');
      expect(inbox.files.length).toBeGreaterThan(2);
      expect(inbox.files.every((file) => file.data.length <= 1200)).toBe(true);
      const base = `operation-${operation.id}-polls`;
      expect(inbox.files.map((file) => file.name.replace(/\.gz$/, '')).slice(0, 3)).toEqual([
        `${base}.${format}`,
        `${base}-2.${format}`,
        `${base}-3.${format}`,
      ]);
      const numbers =
        format === 'json'
          ? jsonOf(inbox).map((row) => row.number)
          : csvOf(inbox).map((row) => Number(row.number));
      expect(numbers).toEqual(ids);
      const rows = await readProgress(db, lease.operationId, later);
      expect(rows.files.reduce((sum, file) => sum + file.count, 0)).toBe(60);
    }
  });

  test('writes a thousand polls with their voters in one go', async () => {
    const db = await fresh();
    await db.transaction().execute(async (trx) => {
      for (let index = 0; index < 1000; index++) {
        await createPoll(trx, newPoll(interactionId(), { question: `Question ${index}` }));
      }
      for (const user of [ann!, bob!]) {
        await trx
          .insertInto('votes')
          .columns(['poll_id', 'position', 'user_id', 'created_at'])
          .expression((eb) =>
            eb
              .selectFrom('polls')
              .select(({ val }) => ['id', val(1).as('position'), val(user).as('user_id'), 'created_at']),
          )
          .execute();
      }
    });
    const { inbox, operation, lease } = await exported(db, { voters: true });
    expect(operation.state).toBe('completed');
    const rows = csvOf(inbox);
    expect(rows).toHaveLength(1000);
    expect(new Set(rows.map((row) => row.question)).size).toBe(1000);
    expect(rows.every((row) => row.votes_2 === '2' && row.voters_2 === `${ann} ${bob}`)).toBe(true);
    const states = Object.values(await itemStates(db, lease.operationId));
    expect(states.every((state) => state.startsWith('done: '))).toBe(true);
  });

  test('is sent to the press that confirmed it, else directly, and the result says which', async () => {
    const db = await fresh();
    await postedPolls(db, 2);
    const inbox = new Inbox();
    const lease = await begin(db);
    inbox.answers.push({ type: 'refused', code: '50027', reason: 'token' });
    await runOperation(depsWith(db, inbox), lease, never);
    expect(inbox.files).toMatchObject([{ way: 'direct', to: adminId }]);
    expect(inbox.files[0]!.nonce!.length).toBeLessThanOrEqual(25);
    const rows = await readProgress(db, lease.operationId, later);
    const [embed] = renderProgress(rows, names, { guildId }, later).embeds!;
    expect(embed!.description).toContain(`operation-${lease.operationId}-polls.csv, sent by direct message`);
    expect(embed!.title).toContain('completed');

    const expired = await begin(db);
    await db
      .updateTable('operations')
      .set({ progress_token_expires_at: later })
      .where('id', '=', expired.operationId)
      .execute();
    const second = new Inbox();
    await runOperation(depsWith(db, second), expired, never);
    expect(second.files.map((file) => file.way)).toEqual(['direct']);
  });

  test('waits for the response to the press', async () => {
    const db = await fresh();
    await postedPolls(db, 1);
    const inbox = new Inbox();
    const answered = Promise.withResolvers<void>();
    const lease = await begin(db);
    const run = runOperation(depsWith(db, inbox), lease, never, answered.promise);
    await operationOf(db, lease.operationId);
    expect(inbox.files).toEqual([]);
    answered.resolve();
    await run;
    expect(inbox.files).toHaveLength(1);
  });

  test('fails where Discord takes the file neither way, and a retry sends it to whoever presses', async () => {
    const db = await fresh();
    const ids = await postedPolls(db, 2);
    const inbox = new Inbox();
    const lease = await begin(db);
    inbox.answers.push(
      { type: 'refused', code: '50027', reason: 'token' },
      { type: 'refused', code: '50007', reason: 'Discord refused: Cannot send messages to this user' },
    );
    const ended = await runOperation(depsWith(db, inbox), lease, never);
    expect(ended!.operation.state).toBe('completed with failures');
    const rows = await readProgress(db, lease.operationId, later);
    const [embed] = renderProgress(rows, names, { guildId }, later).embeds!;
    expect(embed!.description).toMatch(/the file could not be sent: .*Cannot send messages.* \(50007\)/);
    expect(embed!.description).toContain('`Retry failed` writes the missing file');

    const request = {
      actor: actor({ token: 'fresh-token' }),
      guildId,
      channelId,
      locale: 'en-US',
      processId: processName,
    };
    const retry = await startRetry(db, ended!.operation, request, later);
    const second = await runOperation(depsWith(db, inbox), await start(db, retry!), never);
    expect(second!.operation.state).toBe('completed');
    expect(inbox.files).toMatchObject([{ way: 'follow-up', to: 'fresh-token' }]);
    expect(csvOf(inbox).map((row) => Number(row.number))).toEqual(ids);
  });

  test('waits out what passes', async () => {
    const db = await fresh();
    await postedPolls(db, 1);
    const inbox = new Inbox();
    inbox.answers.push(
      { type: 'retry', afterMs: 1, reason: 'Discord answered 503' },
      { type: 'retry', afterMs: 1, reason: 'Discord answered 503' },
    );
    const slept: number[] = [];
    const brief: Clock = {
      ...systemClock,
      now: () => later,
      // The time limit never comes; pauses pass at once.
      sleep: (ms) => (ms > 20_000 ? new Promise(() => {}) : Promise.resolve(void slept.push(ms))),
    };
    const lease = await begin(db);
    const ended = await runOperation(depsWith(db, inbox, { clock: brief }), lease, never);
    expect(ended!.operation.state).toBe('completed');
    expect(slept).toEqual([500, 1000]);
    expect(inbox.files).toHaveLength(1);
  });

  test('goes on after a crash with what no sent file holds', async () => {
    const db = await fresh();
    const ids = await postedPolls(db, 60);
    const lease = await begin(db, { format: 'json' });
    const inbox = new Inbox();
    const crash = () => Promise.reject(new Error('killed'));
    inbox.answers.push(() => Promise.resolve(), crash);
    const deps = depsWith(db, inbox, { largestFile: 1200 });
    await expect(runOperation(deps, lease, never)).rejects.toThrow('killed');
    const before = inbox.files.length;
    expect(before).toBe(1);
    const ended = await runOperation(deps, lease, never);
    expect(ended!.operation.state).toBe('completed');
    expect(jsonOf(inbox).map((row) => row.number)).toEqual(ids);
    expect(new Set(inbox.files.map((file) => file.name)).size).toBe(inbox.files.length);
  });

  test('is repeated, not lost, when the crash comes between the answer and its record', async () => {
    const db = await fresh();
    await postedPolls(db, 3);
    const lease = await begin(db);
    const inbox = new Inbox();
    const [other] = [{ ...lease, fence: lease.fence + 1 }];
    inbox.answers.push(async () => {
      await db
        .updateTable('operations')
        .set({ fence: other.fence })
        .where('id', '=', lease.operationId)
        .execute();
    });
    await expect(runOperation(depsWith(db, inbox), lease, never)).rejects.toThrow(
      'belongs to another process',
    );
    expect(inbox.files).toHaveLength(1);
    await runOperation(depsWith(db, inbox), other, never);
    expect(inbox.files).toHaveLength(2);
    expect(inbox.files[0]!.data.equals(inbox.files[1]!.data)).toBe(true);
  });

  test('stops at a pause and goes on after it; cancelled, it sends nothing more', async () => {
    const db = await fresh();
    const ids = await postedPolls(db, 60);
    const lease = await begin(db, { format: 'json' });
    const inbox = new Inbox();
    const by = { userId: adminId, processId: processName };
    const listening: (() => void)[] = [];
    const interruptions = {
      stopping: new AbortController().signal,
      otherThan: () => new Promise<void>((resolve) => listening.push(resolve)),
    };
    const wake = () => {
      for (const resolve of listening.splice(0)) resolve();
    };
    const paused = Promise.withResolvers<void>();
    inbox.answers.push(async () => {
      await pauseOperation(db, lease.operationId, by, later);
      wake();
      paused.resolve();
    });
    const deps = depsWith(db, inbox, { largestFile: 1200 });
    const run = runOperation(deps, lease, interruptions);
    await paused.promise;
    // The file in flight is recorded; it waits now for the next interruption.
    await until(() => inbox.files.length === 1 && listening.length > 0);
    const { counts } = await countsOf(db, lease);
    expect(counts.waiting).toBeGreaterThan(0);
    inbox.answers.push(async () => {
      await cancelOperation(db, lease.operationId, by, later);
      wake();
    });
    await resumeOperation(db, lease.operationId, by, later);
    await admitQueued(db, processName, { maxConcurrent: 1, maxPerAdmin: 1 }, later);
    wake();
    const ended = await run;
    expect(ended!.operation.state).toBe('cancelled');
    expect(inbox.files).toHaveLength(2);
    const sent = jsonOf(inbox).map((row) => row.number);
    const after = await countsOf(db, lease);
    expect(sent).toEqual(ids.slice(0, after.counts.done));
    expect(after.counts).toEqual({ done: sent.length, skipped: 60 - sent.length, waiting: 0, failed: 0 });
  });

  test('fails what the time limit leaves', async () => {
    const db = await fresh();
    await postedPolls(db, 2);
    const lease = await begin(db);
    const inbox = new Inbox();
    const stuck: Sent = { type: 'retry', afterMs: 1000, reason: 'Discord answered 503' };
    inbox.answers.push(stuck);
    const timer: Clock = {
      ...systemClock,
      now: () => later,
      // Only the time limit passes; a pause ends when it is stopped.
      sleep: (ms, signal) =>
        ms === 60_000
          ? Promise.resolve()
          : new Promise((resolve) => signal?.addEventListener('abort', () => resolve())),
    };
    const ended = await runOperation(depsWith(db, inbox, { clock: timer }), lease, never);
    expect(ended!.operation.state).toBe('timed out');
    expect(inbox.files).toEqual([]);
  });

  test('aborts where Discord refuses the token of the bot', async () => {
    const db = await fresh();
    await postedPolls(db, 2);
    const lease = await begin(db);
    const inbox = new Inbox();
    inbox.answers.push(
      { type: 'refused', code: '50027', reason: 'token' },
      { type: 'refused', code: '401', reason: 'Discord refuses the token of the bot' },
    );
    const ended = await runOperation(depsWith(db, inbox), lease, never);
    expect(ended!.abort).toContain('refuses the token');
    expect(ended!.operation.state).toBe('failed');
  });

  test('notes each file in the audit, and cannot be undone', async () => {
    const db = await fresh();
    await postedPolls(db, 2);
    const { operation, inbox } = await exported(db);
    const [entry] = await db.selectFrom('audit').selectAll().where('event', '=', 'file sent').execute();
    expect(entry).toMatchObject({
      operation_id: operation.id,
      details: {
        name: inbox.files[0]!.name,
        bytes: inbox.files[0]!.data.length,
        sent: 'as a private reply',
        to: adminId,
        polls: 2,
      },
    });
    const asking = {
      scope: everyServer,
      adminId,
      guildId,
      channelId,
      interactionId: interactionId(),
      token: 'token',
      locale: 'en-US',
      reason: null,
      private: false,
    };
    await expect(planUndo(db, operation, asking, processName, later)).rejects.toThrow('nothing to undo');
    expect((await readProgress(db, operation.id, later)).undoable).toBe(false);
  });

  test('is previewed like the others, but waits for no confirmation delay', async () => {
    const db = await fresh();
    await postedPolls(db, 2);
    const draft = await operationOf(db, await plan(db, { kind, params: kind.bind({}).params, filter: {} }));
    expect(draft.total).toBe(2);
    expect(await confirmDraft(db, draft, actor(), processName, later)).not.toBeNull();
    expect(() => kind.bind({ format: 'xml' })).toThrow(/`format` is `csv` or `json`/);
  });
});

async function countsOf(db: Db, lease: Lease) {
  const { done, failed, skipped, waiting } = await readProgress(db, lease.operationId, later);
  return { counts: { done, failed, skipped, waiting } };
}

async function until(leases: () => boolean): Promise<void> {
  while (!leases()) await new Promise((resolve) => setImmediate(resolve));
}
