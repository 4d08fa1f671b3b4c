/** The servers on a stage and the polls in their channels. */
export interface Layout {
  readonly servers: readonly ServerLayout[];
}

export interface ServerLayout {
  readonly name: string;
  readonly channels: readonly ChannelLayout[];
}

export interface ChannelLayout {
  readonly name: string;
  readonly polls: number;
  /** How many of its polls have messages that are days old. */
  readonly old?: number;
  /** The bot is to lose sight of it. */
  readonly hidden?: boolean;
}

export function channelsOf(layout: Layout): ChannelLayout[] {
  return layout.servers.flatMap(({ channels }) => channels);
}

export function pollCount(channels: readonly ChannelLayout[]): number {
  return channels.reduce((sum, { polls }) => sum + polls, 0);
}
