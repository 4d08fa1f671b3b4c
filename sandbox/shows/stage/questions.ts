export interface Question {
  readonly question: string;
  /** As `/poll create` takes them: `A | B | C`. */
  readonly options: string;
}

/** Any number of different polls such as communities have, the same in every run. Now and then one is hostile. */
export function questionNumber(index: number): Question {
  if (index % 97 === 42) return hostile[Math.floor(index / 97) % hostile.length]!;
  const template = templates[index % templates.length]!;
  const round = Math.floor(index / templates.length);
  const [question, options] = template;
  const week = (round % 52) + 1;
  const subject = subjects[round % subjects.length]!;
  return { question: question.replace('{subject}', subject).replace('{week}', String(week)), options };
}

const templates: readonly (readonly [question: string, options: string])[] = [
  ['Game night in week {week}: which evening?', 'Friday | Saturday | Sunday'],
  ['What should the next {subject} be about?', 'Beginners | Advanced | A surprise'],
  ['Was the last {subject} worth your time?', 'Yes | Mostly | No'],
  ['When should the {subject} start?', '18:00 | 19:00 | 20:00 | 21:00'],
  ['Should the {subject} be recorded?', 'Yes, always | Only the talk | No'],
  ['How long should the {subject} of week {week} last?', '30 minutes | An hour | Open end'],
  ['Who brings snacks to the {subject} in week {week}?', 'I do | Not this time'],
  ['Keep the {subject} for another season?', 'Keep it | Change it | Drop it'],
  ['Favourite moment of week {week}?', 'The opening | The middle | The aftermath'],
  ['Vote for the theme of week {week}', 'Space | Deep sea | Noir | Retro'],
  ['Is the {subject} channel too loud?', 'Too loud | Just right | Too quiet'],
];

const subjects = [
  'raid',
  'book talk',
  'movie night',
  'hackathon',
  'code review club',
  'speedrun',
  'art jam',
  'quiz',
  'listening session',
  'release party',
  'workshop',
  'tournament',
];

const hostile: readonly Question[] = [
  { question: '@everyone free nitro?', options: '@here | <@&123456789012345678>' },
  { question: '=HYPERLINK("http://example.invalid")', options: '=1+1 | -2 | +3' },
  { question: '**bold** `code` ||spoiler|| [link](http://example.invalid)', options: '~~A~~ | __B__' },
  { question: `${'🎉'.repeat(40)}?`, options: '🍕 | 🍔 | 🥗' },
  { question: '\u202eright to left\u202c?', options: 'שלום | مرحبا | hello' },
];
