/** The opening hours of one weekday (0 = Sunday) in minutes since midnight of the organisation's time zone; a day may have several. */
export interface OfficeHours {
  readonly day: 0 | 1 | 2 | 3 | 4 | 5 | 6;
  readonly fromMinute: number;
  readonly toMinute: number;
}

/**
 * What is true of the charity, from one settings document that admins edit. Facts are named as placeholders name them
 * (`org.name`, `org.phone`, ...), per language; an absent one makes the sentence that needs it be left out.
 */
export interface Organisation {
  readonly facts: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly hours: readonly OfficeHours[];
  /** Dates without office hours, `yyyy-mm-dd`. */
  readonly closedDates: readonly string[];
}
