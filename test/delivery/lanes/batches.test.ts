import { describe, expect, test } from 'vitest';
import type { DeliveryJob } from '../../../src/delivery/delivery-batch.ts';
import { broken, done, job, setUp } from './lanes-scene.ts';

describe('lanes', () => {
  test('send the first jobs of a batch while more are to come, and end with the last', async () => {
    const { clock, lanes, sent, settled, handler } = setUp(() => done);
    const gate = Promise.withResolvers<void>();
    async function* more() {
      await gate.promise;
      yield [job(2), job(3, 2)];
      yield [job(4)];
    }
    const batch = lanes.add([job(1)], handler, { more: more() });
    let over = false;
    void batch.finished.then(() => {
      over = true;
    });
    await clock.advance(1_000);
    expect(settled.map(({ polls }) => polls)).toEqual([[1]]);
    expect(over).toBe(false);
    gate.resolve();
    await clock.advance(1_000);
    await batch.finished;
    expect(sent.map(({ poll }) => poll)).toEqual([1, 2, 3, 4]);
  });

  test('stopping waits for what brings more jobs, and takes none of them', async () => {
    const { clock, lanes, sent, handler } = setUp(() => done);
    const gate = Promise.withResolvers<void>();
    let asked = 0;
    async function* more() {
      for (;;) {
        asked += 1;
        await gate.promise;
        yield [job(2)];
      }
    }
    const batch = lanes.add([job(1)], handler, { more: more() });
    await clock.advance(1_000);
    let stopped = false;
    const stopping = batch.stop().then(() => {
      stopped = true;
    });
    await clock.advance(1_000);
    expect(stopped).toBe(false);
    gate.resolve();
    await stopping;
    await clock.advance(1_000);
    expect(sent.map(({ poll }) => poll)).toEqual([1]);
    expect(asked).toBe(1);
  });

  test('reject the batch whose further jobs could not be brought', async () => {
    const { clock, lanes, sent, handler } = setUp(() => done);
    async function* more(): AsyncGenerator<DeliveryJob[]> {
      yield [job(2)];
      throw new Error('the database is gone');
    }
    const batch = lanes.add([job(1)], handler, { more: more() });
    await clock.advance(1_000);
    await expect(batch.finished).rejects.toThrow('the database is gone');
    expect(sent.map(({ poll }) => poll)).toEqual([1]);
  });

  test('wait for the limits in the lane, where a batch can be stopped', async () => {
    const { clock, lanes, sent, settled, handler, delays } = setUp(() => done);
    delays.ms = () => (sent.length > 0 ? 60_000 : 0);
    const batch = lanes.add([job(1), job(2)], handler);
    await clock.advance(1_000);
    await batch.stop();
    await batch.finished;
    delays.ms = () => 0;
    await clock.advance(120_000);
    expect(sent.map(({ poll }) => poll)).toEqual([1]);
    expect(settled.map(({ polls }) => polls)).toEqual([[1]]);
  });

  test('stopping waits for what is in flight and records it', async () => {
    const { clock, lanes, settled, handler } = setUp(() => done);
    const batch = lanes.add([job(1), job(2)], handler);
    await clock.advance(50);
    let stopped = false;
    const stopping = batch.stop().then(() => {
      stopped = true;
    });
    await clock.advance(10);
    expect(stopped).toBe(false);
    await clock.advance(100);
    await stopping;
    expect(settled.map(({ polls }) => polls)).toEqual([[1]]);
  });

  test('a poll in flight that fails for now is not tried again after a stop', async () => {
    const { clock, lanes, sent, settled, handler } = setUp(() => broken);
    const batch = lanes.add([job(1)], handler);
    await clock.advance(50);
    const stopping = batch.stop();
    await clock.advance(60_000);
    await stopping;
    expect(sent).toHaveLength(1);
    expect(settled).toEqual([]);
  });

  test('closing ends everything, also what would be retried', async () => {
    const { clock, lanes, sent, handler } = setUp(() => broken);
    const batch = lanes.add([job(1), job(2, 2)], handler);
    const other = lanes.add([job(3)], handler, { people: true });
    await clock.advance(50);
    const closing = lanes.close();
    await clock.advance(60_000);
    await closing;
    await Promise.all([batch.finished, other.finished]);
    expect(sent).toHaveLength(2);
    await lanes.add([job(9)], handler, { people: true }).finished;
    await clock.advance(1_000);
    expect(sent).toHaveLength(2);
  });

  test('reject the batch whose outcome could not be recorded, and go on with the others', async () => {
    const { clock, lanes, sent, settled, handler } = setUp(() => done);
    const lost = { ...handler, settled: () => Promise.reject(new Error('the database is gone')) };
    const batch = lanes.add([job(1), job(2)], lost);
    lanes.add([job(3)], handler);
    await clock.advance(1_000);
    await expect(batch.finished).rejects.toThrow('the database is gone');
    expect(sent.map(({ poll }) => poll)).toEqual([1, 3]);
    expect(settled.map(({ polls }) => polls)).toEqual([[3]]);
  });
});
