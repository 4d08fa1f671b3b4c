import { type Kysely, sql } from 'kysely';

/** Votes are cast by one statement, and go with their poll without a look at each of its options. */
export async function up(db: Kysely<unknown>): Promise<void> {
  // On a large table this takes longer than a statement may otherwise.
  await sql`set local statement_timeout = 0`.execute(db);
  // An option never goes but with its poll. By the options, a purge would read a poll's votes once for each of them, since
  // the key has the user before the option.
  await sql`alter table votes drop constraint votes_poll_id_position_fkey`.execute(db);
  await sql`alter table votes add foreign key (poll_id) references polls (id) on delete cascade`.execute(db);

  // The rules of voting, applied to presses on one poll in their order, under the poll's row lock: so a press is either
  // before a close and counted, or after it and refused, and the lock is held for no round trip. Each statement in here
  // sees what was committed before it, and so before the lock was taken. Where somebody else has the lock the one outcome is
  // busy, at once: to be asked again, while others have the connection.
  //
  // Outcomes: added, moved, removed; unchanged (the interaction has been handled before); closed, scheduled, no option,
  // full (as many choices as one may make): refused, and nothing is changed; not found (no such poll at that place).
  // choices, labels: the user's own after the press, and what they say. The rest is of the poll, null where it is not found;
  // opens_at also where that time has come.
  await sql`
    create function cast_votes(of_poll integer, interactions text[], users text[], positions integer[],
        guilds text[], channels text[], messages text[])
      returns table (outcome text, choices integer[], labels text[], question text, max_choices integer,
        opens_at timestamptz, channel_id text, message_id text)
      language plpgsql
      -- Each lookup has its index. A plan made while the tables were small would read them whole until somebody analyses them.
      set enable_seqscan = off
    as $$
    #variable_conflict use_column
    declare
      poll polls;
      options text[];
      mine integer[];
      chosen integer;
      counted integer := 0;
    begin
      select * into poll from polls where id = of_poll and deleted_at is null for no key update skip locked;
      if poll.id is null and exists (select from polls where id = of_poll and deleted_at is null) then
        outcome := 'busy';
        return next;
        return;
      end if;
      options := array(select label from poll_options where poll_id = of_poll order by position);
      for i in 1 .. cardinality(interactions) loop
        -- While a message is being posted its id is not recorded yet, so until then any of ours in the channel will do.
        if poll.id is null or poll.guild_id <> guilds[i] or poll.channel_id <> channels[i]
            or (poll.message_id <> messages[i] and not poll.message_gone) then
          return query select 'not found', null::integer[], null::text[], null, null::integer, null::timestamptz, null, null;
          continue;
        end if;
        chosen := positions[i];
        mine := array(select position from votes where poll_id = of_poll and user_id = users[i] order by position);
        if exists (select from handled_interactions where interaction_id = interactions[i]) then
          outcome := 'unchanged';
        elsif poll.status = 'closed' or poll.closes_at <= clock_timestamp() then
          outcome := 'closed';
        elsif poll.status = 'scheduled' then
          outcome := 'scheduled';
        elsif chosen not between 0 and cardinality(options) - 1 then
          outcome := 'no option';
        elsif chosen = any(mine) then
          outcome := 'removed';
          mine := array_remove(mine, chosen);
        elsif poll.max_choices = 1 and mine <> '{}' then
          outcome := 'moved';
          mine := array[chosen];
        elsif cardinality(mine) >= poll.max_choices then
          outcome := 'full';
        else
          outcome := 'added';
          mine := array(select unnest(mine || chosen) order by 1);
        end if;
        if outcome in ('added', 'moved', 'removed') then
          insert into handled_interactions (interaction_id, handled_at) values (interactions[i], clock_timestamp());
          if outcome in ('moved', 'removed') then
            delete from votes where poll_id = of_poll and user_id = users[i] and position <> all(mine);
          end if;
          if outcome in ('added', 'moved') then
            insert into votes (poll_id, position, user_id, created_at)
            values (of_poll, chosen, users[i], clock_timestamp());
          end if;
          counted := counted + 1;
        end if;
        return query select outcome, mine, array(select options[one + 1] from unnest(mine) as one), poll.question,
          poll.max_choices, case when poll.opens_at > clock_timestamp() then poll.opens_at end, poll.channel_id, poll.message_id;
      end loop;
      -- Every vote makes a new picture (revision); none changes what the poll is (version).
      if counted > 0 then
        update polls set revision = revision + counted where id = of_poll;
      end if;
    end $$`.execute(db);
}
