import { describe, expect, it } from 'vitest';
import { type BodyKind, checkBody } from '../../../sandbox/rules/validate.ts';

const button = (custom_id: string | undefined, more: object = {}) => ({
  type: 2,
  style: 1,
  custom_id,
  label: 'L',
  ...more,
});
const row = (...components: object[]) => ({ type: 1, components });
const rows = (count: number) => Array.from({ length: count }, (_, i) => row(button(`b${i}`)));
const option = (i: number, more: object = {}) => ({ label: `o${i}`, value: `${i}`, ...more });
const menu = (more: object) => row({ type: 3, custom_id: 'm', options: [option(1), option(2)], ...more });
const input = (custom_id: string) => row({ type: 4, custom_id, label: 'l', style: 1 });
const modal = (data: object) => ({
  type: 9,
  data: { custom_id: 'm', title: 'T', components: [input('a')], ...data },
});
const command = (more: object) => [{ name: 'bulk', description: 'd', type: 1, ...more }];
const text = (more: object) => ({ type: 3, name: 'polls', description: 'd', ...more });
const list = (count: number, make: (i: number) => object) => Array.from({ length: count }, (_, i) => make(i));

describe('validation', () => {
  const refused: [string, BodyKind, unknown][] = [
    ['content over 2000', 'message', { content: 'x'.repeat(2001) }],
    ['6 rows', 'message', { content: 'x', components: rows(6) }],
    ['6 buttons in a row', 'message', { components: [row(...list(6, (i) => button(`${i}`)))] }],
    ['a label over 80', 'message', { components: [row(button('a', { label: 'x'.repeat(81) }))] }],
    ['a custom id over 100', 'message', { components: [row(button('x'.repeat(101)))] }],
    ['a custom id used twice', 'messageEdit', { components: [row(button('a')), row(button('a'))] }],
    ['a button without custom id', 'webhookEdit', { components: [row(button(undefined))] }],
    [
      'a button without label or emoji',
      'message',
      { components: [row({ type: 2, style: 1, custom_id: 'a' })] },
    ],
    ['26 options in a menu', 'message', { components: [menu({ options: list(26, (i) => option(i)) })] }],
    [
      'an option label over 100',
      'message',
      { components: [menu({ options: [option(1, { label: 'x'.repeat(101) })] })] },
    ],
    ['a value twice in a menu', 'message', { components: [menu({ options: [option(1), option(1)] })] }],
    ['max_values over the options', 'message', { components: [menu({ max_values: 3 })] }],
    ['a menu beside a button', 'message', { components: [row(...menu({}).components, button('a'))] }],
    ['an embed title over 256', 'message', { embeds: [{ title: 'x'.repeat(257) }] }],
    ['an embed description over 4096', 'message', { embeds: [{ description: 'x'.repeat(4097) }] }],
    ['26 fields', 'message', { embeds: [{ fields: list(26, () => ({ name: 'n', value: 'v' })) }] }],
    ['an empty field name', 'message', { embeds: [{ fields: [{ name: '', value: 'v' }] }] }],
    ['an empty field value', 'message', { embeds: [{ fields: [{ name: 'n', value: ' ' }] }] }],
    [
      'a field value over 1024',
      'message',
      { embeds: [{ fields: [{ name: 'n', value: 'x'.repeat(1025) }] }] },
    ],
    [
      '6001 characters over two embeds',
      'followUp',
      { embeds: [{ description: 'x'.repeat(3000) }, { description: 'x'.repeat(3001) }] },
    ],
    ['an embed that shows nothing', 'message', { embeds: [{}] }],
    ['a nonce over 25', 'message', { content: 'x', nonce: 'x'.repeat(26) }],
    [
      'parse beside ids',
      'message',
      { content: 'x', allowed_mentions: { parse: ['roles'], roles: ['123456789012345678'] } },
    ],
    ['a modal title over 45', 'callback', modal({ title: 'x'.repeat(46) })],
    ['a modal without components', 'callback', modal({ components: [] })],
    ['6 modal components', 'callback', modal({ components: list(6, (i) => input(`${i}`)) })],
    ['a custom id twice in a modal', 'callback', modal({ components: [input('a'), input('a')] })],
    [
      '26 choices',
      'callback',
      { type: 8, data: { choices: list(26, (i) => ({ name: `${i}`, value: `${i}` })) } },
    ],
    ['too long a message in a callback', 'callback', { type: 4, data: { content: 'x'.repeat(2001) } }],
    ['capitals in a command name', 'commands', command({ name: 'Bulk' })],
    ['a space in an option name', 'commands', command({ options: [text({ name: 'a b' })] })],
    ['a command without description', 'commands', command({ description: '' })],
    ['26 options of a command', 'commands', command({ options: list(26, (i) => text({ name: `o${i}` })) })],
    [
      'a required option behind an optional one',
      'commands',
      command({ options: [text({}), text({ name: 'b', required: true })] }),
    ],
    [
      'choices beside autocomplete',
      'commands',
      command({ options: [text({ autocomplete: true, choices: [{ name: 'a', value: 'a' }] })] }),
    ],
    [
      '8001 characters in a command',
      'commands',
      command({
        options: list(4, (i) =>
          text({
            name: `o${i}`,
            choices: list(25, (j) => ({ name: `${j}`.padEnd(40, 'x'), value: `${j}`.padEnd(45, 'x') })),
          }),
        ),
      }),
    ],
    ['a message id twice', 'bulkDelete', { messages: ['123456789012345678', '123456789012345678'] }],
  ];

  it.each(refused)('refuses %s', (_name, kind, body) => {
    expect(checkBody(kind, body).error).toMatchObject({ status: 400, code: 50035 });
  });

  const taken: [string, BodyKind, unknown][] = [
    [
      'an embed of 6000',
      'message',
      { embeds: [{ description: 'x'.repeat(4096), footer: { text: 'y'.repeat(1904) } }] },
    ],
    [
      '25 buttons and 25 options',
      'message',
      {
        components: [
          ...list(4, (r) => row(...list(5, (i) => button(`${r}.${i}`)))),
          menu({ options: list(25, (i) => option(i)), max_values: 25 }),
        ],
      },
    ],
    ['permissions as a string', 'commands', command({ default_member_permissions: '32' })],
    ['a deferral without data', 'callback', { type: 5 }],
    ['what discord.js adds to an edit', 'webhookEdit', { content: 'x', tts: false }],
    ['a modal', 'callback', modal({})],
  ];

  it.each(taken)('takes %s', (_name, kind, body) => {
    expect(checkBody(kind, body)).toEqual({ error: null, unknown: [] });
  });

  it('names fields that Discord does not know', () => {
    const body = { content: 'x', embed: { title: 'x' }, components: [row(button('a', { lable: 'x' }))] };
    expect(checkBody('message', body).unknown).toEqual(['embed', 'components.0.components.0.lable']);
  });

  it('says where a body is wrong', () => {
    const { error } = checkBody('message', { embeds: [{ title: 'x'.repeat(300) }] });
    expect(error!.errors).toMatchObject({
      embeds: { 0: { title: { _errors: [{ message: expect.stringContaining('256') }] } } },
    });
  });
});
