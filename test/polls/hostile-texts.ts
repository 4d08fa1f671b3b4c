/** Texts that break careless code, with a name each. */
export const hostileTexts: readonly (readonly [string, string])[] = [
  ['markdown', '**bold** __u__ ~~s~~ `code` ||spoiler|| # > - [x](https://evil.example)'],
  ['a code fence', '```js\nprocess.exit()\n```'],
  ['mentions', '@everyone @here <@123456789012345678> <@&123456789012345678> <#123456789012345678>'],
  ['a formula', '=HYPERLINK("http://evil.example","x")'],
  ['300 emoji', '😀'.repeat(300)],
  ['family emoji', '👨‍👩‍👧‍👦'.repeat(40)],
  ['right-to-left override', 'abc\u202Egnp.exe\u2066\u2067'],
  ['Arabic', 'هل تفضل الشاي أم القهوة؟'.repeat(5)],
  ['zero-width', 'a\u200B\u200D\uFEFFb'],
  ['one letter under 300 accents', `e${'\u0301'.repeat(300)}`],
  ['half a surrogate pair', 'x\uD83D'],
  ['nothing but backslashes', '\\'.repeat(200)],
  ['stars without end', '*'.repeat(1000)],
  ['control characters', 'a\u0000b\u0007c\r\nd\u2028e'],
];
