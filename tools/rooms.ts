/** A folder whose files belong together. */
export interface Room {
  readonly folder: string;
  /** Why it knows nothing of the rooms behind it in the list. A refused import is answered with it. */
  readonly why: string;
  /** Rooms before it in the list that it must not know either; each name stands for its subfolders too. */
  readonly never?: readonly string[];
}

const edge = { why: 'The Discord edge is given its commands and knows no operation.', never: ['src/bulk'] };
const bench = { why: 'A benchmark measures one thing. What several of them need is in measure.' };
const standIn = { never: ['src', 'commands'] };

/**
 * Every folder with code, from the lowest up: a file imports from its own room and from rooms before it. So no two rooms
 * import each other. `tools/room-guards.jsonc`, which biome.json extends, follows from this list by `npm run format`.
 */
export const rooms: readonly Room[] = [
  { folder: 'src/base/display', why: 'It says how things are shown, not which things.' },
  { folder: 'src/base', why: 'It lies below every room and needs none.' },
  {
    folder: 'src/base/custom-ids',
    why: 'A button and its press share a custom id. It does not know what the press does.',
  },

  { folder: 'src/db/server', why: 'It speaks to a server and does not know what is stored there.' },
  { folder: 'src/db/embedded', why: 'It runs a database and does not know what is stored there.' },
  { folder: 'src/db', why: 'The tables do not depend on who reads them.' },
  { folder: 'src/db/upkeep', why: 'It looks after rows by their age, not by what they mean.' },

  { folder: 'src/polls', why: 'What a poll is does not depend on how it is shown, listed or changed.' },
  { folder: 'src/polls/votes', why: 'A vote is counted before anybody shows it.' },
  { folder: 'src/polls/lists', why: 'It finds polls and does not know why.' },

  { folder: 'src/delivery', why: 'What delivery promises does not depend on how it keeps it.' },
  { folder: 'src/delivery/pace', why: 'It knows requests and limits, not what the requests are for.' },
  { folder: 'src/delivery/lanes', why: 'It puts messages in order and does not send them.' },
  { folder: 'src/delivery/sending', why: 'It shows polls and does not know why they changed.' },
  { folder: 'src/delivery/messages', why: 'It sends what it is given.' },

  { folder: 'src/metrics', why: 'It reads numbers and changes nothing.' },

  { folder: 'src/bulk', why: 'What an operation is does not depend on who plans, runs or shows it.' },
  {
    folder: 'src/bulk/kinds',
    why: 'A kind says what it does to one poll. How operations run is the same for all kinds.',
  },
  { folder: 'src/bulk/words', why: 'It turns what it is given into words.' },
  { folder: 'src/bulk/audit', why: 'It records what the other rooms do, so it depends on none of them.' },
  {
    folder: 'src/bulk/lifecycle',
    why: 'It says who owns an operation and when it may run, not what it does.',
  },
  { folder: 'src/bulk/selection', why: 'It keeps which polls somebody chose and does not know why.' },
  { folder: 'src/bulk/export', why: 'It writes files and does not know who runs it.' },
  { folder: 'src/bulk/plan', why: 'A plan is made and confirmed before anything runs or is shown.' },
  { folder: 'src/bulk/preview', why: 'It shows a plan and changes nothing.' },
  { folder: 'src/bulk/progress', why: 'It shows an operation from its rows, whoever runs it.' },
  { folder: 'src/bulk/run', why: 'Operations run without anybody at the other end.' },
  { folder: 'src/bulk/insight', why: 'It reads operations that are over.' },

  { folder: 'src/bot', ...edge },
  { folder: 'src/bot/rights', ...edge },
  { folder: 'src/bot/gateway', ...edge },
  { folder: 'src/bot/answer', ...edge },

  { folder: 'commands/poll', why: 'One poll needs no operation.', never: ['src/bulk'] },
  { folder: 'commands/bulk/request', why: 'It reads what was asked for, before anything is done.' },
  { folder: 'commands/bulk/plan', why: 'It previews and confirms, wherever that was asked for.' },
  {
    folder: 'commands/bulk/operation',
    why: 'It is about operations that exist, whatever selected their polls.',
  },
  { folder: 'commands/bulk/selection', why: 'A selection leads to a plan. A plan does not lead back.' },
  { folder: 'commands/bulk', why: 'It lists the subcommands and presses, which are given to the bot.' },
  {
    folder: 'src',
    why: 'The bot never knows the stand-in Discord: it reaches it over the network, as the real one.',
  },

  { folder: 'sandbox/world', why: 'What exists in Discord does not depend on who asks for it.', ...standIn },
  {
    folder: 'sandbox/rules',
    why: 'Discord’s rules hold for every request, whoever sends it.',
    ...standIn,
  },
  {
    folder: 'sandbox/people',
    why: 'People act in the world. They do not know how requests travel.',
    ...standIn,
  },
  { folder: 'sandbox/wire', why: 'It answers as Discord does and knows no bot.', ...standIn },
  { folder: 'sandbox', why: 'It puts the stand-in together and does not know who uses it.', ...standIn },
  {
    folder: 'sandbox/machine',
    why: 'It starts processes and does not know what is shown with them.',
    ...standIn,
  },
  { folder: 'sandbox/machine/database-faults', why: 'It breaks databases, whatever is shown with them.' },
  { folder: 'sandbox/shows/stage', why: 'Every show stands on it.' },
  { folder: 'sandbox/shows/bench/measure', why: 'Every benchmark measures with it.' },
  { folder: 'sandbox/shows/bench/scale', ...bench },
  { folder: 'sandbox/shows/bench/storm', ...bench },
  { folder: 'sandbox/shows/bench/takeover', ...bench },
  { folder: 'sandbox/shows/bench/together', ...bench },
  { folder: 'sandbox/shows/bench', why: 'Shows do not need each other.' },
  { folder: 'sandbox/shows/chaos', why: 'Shows do not need each other.' },
  { folder: 'sandbox/shows/demo', why: 'Shows do not need each other.' },
  { folder: 'sandbox/shows', why: 'It reads the command lines of the shows.' },
];

/** Packages that only some rooms of the bot may import. In the others an import is answered with `why`. */
export interface PackageRule {
  readonly names: readonly string[];
  /** Folders, each with its subfolders. */
  readonly onlyIn: readonly string[];
  readonly why: string;
}

export const packageRules: readonly PackageRule[] = [
  { names: ['pg', '@electric-sql/*'], onlyIn: ['src/db'], why: 'Only src/db knows which database it is.' },
  {
    names: ['kysely', 'kysely/*'],
    onlyIn: ['src/db', 'src/polls', 'src/delivery', 'src/metrics', 'src/bulk'],
    why: 'Queries live in stores. Call one.',
  },
  {
    names: ['discord.js'],
    onlyIn: ['src/bot', 'commands'],
    why: 'Only the edge knows Discord’s client. What goes to Discord goes through src/delivery, which keeps the limits.',
  },
  {
    names: ['@discordjs/*'],
    onlyIn: ['src/delivery/pace'],
    why: 'Requests to Discord are made in src/delivery only, which keeps the limits.',
  },
  {
    names: ['discord-api-types/*'],
    onlyIn: ['src/base', 'src/polls', 'src/delivery', 'src/bulk', 'src/bot', 'commands'],
    why: 'What is stored does not depend on Discord.',
  },
  { names: ['prom-client'], onlyIn: ['src/metrics'], why: 'Numbers for Prometheus are kept in src/metrics.' },
  { names: ['pino'], onlyIn: ['src/base'], why: 'Take a Logger of src/base/log.ts as a parameter.' },
];
