import { expect, test } from 'vitest';
import { createLogger } from '../../src/base/log.ts';

const token = 'MTA5OTk5OTk5OTk5OTk5OTk5OQ.GaBcDe.aBcDeFgHiJkLmNoPqRsTuVwXyZ0123456789ab';

test.each([
  ['a token field', { token }],
  ['a nested token field', { interaction: { token: 'aW50ZXJhY3Rpb246MTIz "x"' } }],
  ['a progress token', { progress_token: 'aW50ZXJhY3Rpb246MTIz', progressToken: 'aW50ZXJhY3Rpb246MTIz' }],
  ['a header', { headers: { Authorization: `Bot ${token}` } }],
  ['a header in text', { text: `Authorization: Bot ${token}` }],
  ['a bare bot token in an error', { err: new Error(`wrong token ${token}`) }],
  [
    'a webhook URL',
    { url: 'https://discord.com/api/v10/webhooks/123/aW50ZXJhY3Rpb246MTIz/messages/@original' },
  ],
  ['an interaction URL', { err: new Error('POST /interactions/123/aW50ZXJhY3Rpb246MTIz/callback failed') }],
  ['an error cause', { err: new Error('outer', { cause: new Error('/webhooks/1/aW50ZXJhY3Rpb246MTIz') }) }],
  ['a password of a proxy', { text: 'https://gavel:aW50ZXJhY3Rpb246MTIz@proxy/api' }],
  ['a database password', { text: 'postgres://gavel:aW50ZXJhY3Rpb246MTIz@db/gavel' }],
])('never writes the secret of %s', (_, fields) => {
  const line = logged(fields);
  expect(line).not.toContain('aW50ZXJhY3Rpb246MTIz');
  expect(line).not.toContain(token);
  expect(line).toContain('[redacted]');
  expect(JSON.parse(line)).toMatchObject({ level: 30, msg: 'hello' });
});

test('writes everything else as it is', () => {
  const fields = {
    poll: 12,
    question: 'Which "token" of a.b.c is in /webhooks ?',
    url: '/channels/1/messages/2',
  };
  expect(JSON.parse(logged(fields))).toMatchObject(fields);
});

function logged(fields: object): string {
  const lines: string[] = [];
  createLogger('info', { write: (line: string) => void lines.push(line) }).info(fields, 'hello');
  expect(lines).toHaveLength(1);
  return lines.join('');
}
