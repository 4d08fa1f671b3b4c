import type { Client } from 'discord.js';
import { reasonOf } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';

/**
 * Logs what the gateway reports. A shard that is away tries twice a second. So the log says once that it is away, and
 * once why, in whichever order, until it is back.
 */
export function logGateway(client: Client, log: Logger): void {
  const away = new Set<number>();
  const explained = new Set<number>();
  const once = (said: Set<number>, shard: number) => {
    const level = said.has(shard) ? 'debug' : 'warn';
    said.add(shard);
    return level;
  };
  const back = (shard: number) => {
    away.delete(shard);
    explained.delete(shard);
  };
  client.on('error', (error) => log.error({ err: error }, 'the Discord client reports an error'));
  client.on('warn', (message) => log.warn({ message }, 'the Discord client warns'));
  client.on('shardError', (error, shard) =>
    log[once(explained, shard)]({ reason: reasonOf(error), shard }, 'shard error'),
  );
  client.on('shardReconnecting', (shard) => log[once(away, shard)]({ shard }, 'shard reconnecting'));
  client.on('shardDisconnect', ({ code }, shard) => log.error({ shard, code }, 'shard closed for good'));
  client.on('shardReady', (shard) => {
    back(shard);
    log.info({ shard }, 'shard connected');
  });
  client.on('shardResume', (shard) => {
    back(shard);
    log.info({ shard }, 'shard resumed');
  });
}
