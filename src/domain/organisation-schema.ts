import { z } from 'zod';
import type { Organisation } from './organisation.ts';

const day = z.union([z.literal(0), z.literal(1), z.literal(2), z.literal(3), z.literal(4), z.literal(5), z.literal(6)]);

/** The organisation's settings document, as files and the API carry it. */
export const organisationSchema = z.strictObject({
  facts: z.record(
    z.string().regex(/^[a-z]+(\.[a-z]+)+$/, 'expected a name such as org.phone'),
    z.record(z.string().regex(/^[a-z]{2,3}$/), z.string().max(2_000)),
  ),
  hours: z
    .array(
      z
        .strictObject({ day, fromMinute: z.int().min(0).max(1440), toMinute: z.int().min(0).max(1440) })
        .refine((hours) => hours.fromMinute < hours.toMinute, 'expected fromMinute before toMinute'),
    )
    .max(50),
  closedDates: z.array(z.iso.date()).max(500),
}) satisfies z.ZodType<Organisation>;
