/** The colours of embeds, by their meaning. */
export const embedColours = {
  /** As usual, or under way. */
  plain: 0x5865f2,
  good: 0x57f287,
  /** Something needs attention, or failed in part. */
  warning: 0xfaa61a,
  bad: 0xed4245,
  paused: 0xfee75c,
  /** Given up. */
  cancelled: 0x99aab5,
  /** A poll that is not open yet. */
  scheduled: 0x95a5a6,
  /** A poll that is over. */
  closed: 0x4f545c,
} as const;
