/**
 * Stands in for what a bot may look up (Discord's reference, "Users Resource", "Guild Resource", "Channels Resource").
 */

import { refuse } from '../rules/api-error.ts';
import { guildPayload, memberPayload, rolePayload, userPayload } from '../world/guild.ts';
import { permission } from '../world/permissions.ts';
import { botMay, mayOpen, visibleChannel } from './access.ts';
import { type Answer, type Call, ok, type Route } from './route.ts';

/** The bot itself, users, guilds, channels: what it may look up. */
export const placeRoutes: readonly Route[] = [
  { method: 'GET', path: '/users/@me', auth: 'bot', handle: ({ world }) => ok(userPayload(world.bot)) },
  { method: 'POST', path: '/users/@me/channels', auth: 'bot', body: 'directChannel', handle: openDirect },
  { method: 'GET', path: '/users/:user', auth: 'bot', handle: user },
  { method: 'GET', path: '/applications/@me', auth: 'bot', handle: application },
  { method: 'GET', path: '/oauth2/applications/@me', auth: 'bot', handle: application },
  {
    method: 'GET',
    path: '/channels/:channel',
    auth: 'bot',
    handle: (call) => ok(visibleChannel(call).payload()),
  },
  { method: 'PATCH', path: '/channels/:channel', auth: 'bot', body: 'thread', handle: changeThread },
  { method: 'GET', path: '/guilds/:guild', auth: 'bot', handle: (call) => ok(guildPayload(guildOf(call))) },
  { method: 'GET', path: '/guilds/:guild/channels', auth: 'bot', handle: channels },
  {
    method: 'GET',
    path: '/guilds/:guild/roles',
    auth: 'bot',
    handle: (call) => ok([...guildOf(call).roles.values()].map(rolePayload)),
  },
  { method: 'GET', path: '/guilds/:guild/members/:user', auth: 'bot', handle: member },
];

function guildOf({ world, params }: Call) {
  const guild = world.guilds.get(params.guild ?? '');
  if (!guild?.members.has(world.bot.id)) throw refuse.unknownGuild();
  return guild;
}

function user({ world, params }: Call): Answer {
  const found = world.users.get(params.user ?? '');
  if (!found) throw refuse.unknownUser();
  return ok(userPayload(found));
}

/**
 * Opening a thread takes Send Messages in Threads, and Manage Threads if it is locked (api-docs PR#3108, discord.js
 * PR#7406). Any other change takes Manage Threads and an open thread (api-docs#6928). Other channels take Manage
 * Channels, which the bot never has.
 */
function changeThread(call: Call): Answer {
  const { world } = call;
  const thread = visibleChannel(call);
  const { archived, locked } = call.body as { archived?: boolean; locked?: boolean };
  if (!thread.isThread) throw refuse.noPermission();
  const opening = archived === false && locked === undefined;
  if (opening ? !mayOpen(world, thread) : !botMay(world, thread, permission.manageThreads))
    throw refuse.noPermission();
  if (thread.archived && archived !== false) throw refuse.archivedThread();
  world.setThread(thread, {
    ...(archived !== undefined && { archived }),
    ...(locked !== undefined && { locked }),
  });
  return ok(thread.payload());
}

function openDirect({ world, body }: Call): Answer {
  const person = world.users.get((body as { recipient_id: string }).recipient_id);
  if (!person) throw refuse.form('recipient_id', 'INVALID_RECIPIENT', 'Invalid Recipient(s)');
  if (person.bot) throw refuse.noDirectMessages();
  const channel = world.directChannel(person);
  return ok({ ...channel.payload(), recipients: [userPayload(person)] });
}

function application({ world }: Call): Answer {
  return ok({
    id: world.applicationId,
    name: world.bot.name,
    icon: null,
    description: '',
    bot_public: true,
    bot_require_code_grant: false,
    verify_key: '0'.repeat(64),
    flags: 0,
    bot: userPayload(world.bot),
    owner: userPayload(world.bot),
    team: null,
    tags: [],
  });
}

function channels(call: Call): Answer {
  return ok(
    [...guildOf(call).channels.values()]
      .filter((channel) => !channel.isThread)
      .map((channel) => channel.payload()),
  );
}

function member(call: Call): Answer {
  const found = guildOf(call).members.get(
    call.params.user === '@me' ? call.world.bot.id : (call.params.user ?? ''),
  );
  if (!found) throw refuse.unknownMember();
  return ok(memberPayload(found, call.world.users.get(found.userId)!));
}
