import type { MessageBody } from '../../base/message-body.ts';
import type { CallOptions } from '../rest-calls.ts';

/** A new message in the shape of Discord's API. It pings nobody but `mentionRoleId`. */
export function newMessage(body: MessageBody, more: { nonce?: string; flags?: number } = {}): CallOptions {
  return {
    body: {
      ...(body.content !== undefined && { content: body.content }),
      ...(body.embeds && { embeds: body.embeds }),
      ...(body.components && { components: body.components }),
      ...(more.flags !== undefined && { flags: more.flags }),
      ...(more.nonce !== undefined && { nonce: more.nonce, enforce_nonce: true }),
      allowed_mentions: allowedMentions(body),
    },
    ...withFiles(body),
  };
}

/**
 * As `wholeEdit`, for a message in a channel. Embeds that somebody hid there (the flag SUPPRESS_EMBEDS) are shown
 * again. Without `flags` that flag stays over edits (Discord's API reference, "Edit Message"; JDA PR#1117).
 */
export function wholeEditInChannel(body: MessageBody): CallOptions {
  const edit = wholeEdit(body);
  return { ...edit, body: { ...(edit.body as object), flags: 0 } };
}

/** The whole new content of a message. What `body` leaves out is emptied, so an edit is absolute. */
export function wholeEdit(body: MessageBody): CallOptions {
  return {
    body: {
      content: body.content ?? '',
      embeds: body.embeds ?? [],
      components: body.components ?? [],
      attachments: (body.files ?? []).map(({ name }, index) => ({ id: String(index), filename: name })),
      // Stated on edits too: without it an edit pings by the defaults.
      allowed_mentions: allowedMentions(body),
    },
    ...withFiles(body),
  };
}

function allowedMentions({ mentionRoleId }: MessageBody) {
  return mentionRoleId === undefined ? { parse: [] } : { parse: [], roles: [mentionRoleId] };
}

function withFiles({ files }: MessageBody): CallOptions {
  return files?.length ? { files: files.map(({ name, data }) => ({ name, data })) } : {};
}
