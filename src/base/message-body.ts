import type { APIActionRowComponent, APIComponentInMessageActionRow, APIEmbed } from 'discord-api-types/v10';

/**
 * A Discord message as this project writes it: plain JSON in the shape of Discord's API, with files beside it. The
 * sender adds `allowed_mentions`: nobody, unless `mentionRoleId` names the one role to ping.
 */
export interface MessageBody {
  readonly content?: string;
  readonly embeds?: readonly APIEmbed[];
  readonly components?: readonly APIActionRowComponent<APIComponentInMessageActionRow>[];
  readonly files?: readonly MessageFile[];
  readonly mentionRoleId?: string;
}

export interface MessageFile {
  readonly name: string;
  readonly data: Buffer;
}
