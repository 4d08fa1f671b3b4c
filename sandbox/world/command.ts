/** Stands in for a registered command (Discord's reference, "Application Command Object"). */

export interface StoredCommand {
  readonly id: string;
  readonly version: string;
  readonly guildId: string | null;
  readonly body: CommandBody;
}

export interface CommandBody {
  readonly name: string;
  readonly type?: number;
  readonly description?: string;
  readonly default_member_permissions?: string | null;
  readonly options?: readonly CommandOption[];
}

export interface CommandOption {
  readonly type: number;
  readonly name: string;
  readonly required?: boolean;
  readonly autocomplete?: boolean;
  readonly choices?: readonly { readonly name: string; readonly value: string | number }[];
  readonly options?: readonly CommandOption[];
  readonly channel_types?: readonly number[];
  readonly min_value?: number;
  readonly max_value?: number;
  readonly min_length?: number;
  readonly max_length?: number;
}
