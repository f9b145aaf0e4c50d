import { z } from 'zod';

/**
 * The parts of a webhook that are read (developers.facebook.com/docs/whatsapp/cloud-api/webhooks/payload-examples). Only what is
 * needed to place a message is required; a part of an unexpected shape counts as absent, so that a new version of the API takes
 * nothing else with it.
 */
const lenient = <Schema extends z.ZodType>(schema: Schema) => schema.optional().catch(undefined);

const id = z.string().min(1).max(512);
/** Seconds since the epoch, as text; a Date holds at most 8.64e12 of them. */
const seconds = z
  .union([z.string().regex(/^\d{1,13}$/), z.number().int().min(0)])
  .transform(Number)
  .refine((value) => value <= 8.64e12);

export const webhookSchema = z.object({
  object: z.literal('whatsapp_business_account'),
  entry: z.array(
    z.object({ changes: z.array(z.object({ field: z.string(), value: z.record(z.string(), z.unknown()) })) }),
  ),
});

/** What a change of the field `messages` holds; each message and status is read by itself. */
export const changeSchema = z.object({
  metadata: z.object({ phone_number_id: id }),
  contacts: lenient(z.array(z.unknown())),
  messages: z.array(z.unknown()).optional(),
  statuses: z.array(z.unknown()).optional(),
});

/** A person without a public phone number has a `user_id` in the place of `wa_id`. */
export const profileSchema = z.object({
  wa_id: lenient(id),
  user_id: lenient(id),
  profile: lenient(z.object({ name: lenient(z.string()) })),
});

const file = z.object({
  id,
  mime_type: lenient(z.string()),
  filename: lenient(z.string()),
  caption: lenient(z.string()),
  file_size: lenient(z.number().min(0)),
  voice: lenient(z.boolean()),
});

const reply = z.object({ id, title: lenient(z.string()) });

const content = {
  type: z.string().min(1).max(64),
  text: lenient(z.object({ body: z.string() })),
  interactive: lenient(
    z.looseObject({ type: lenient(z.string()), button_reply: lenient(reply), list_reply: lenient(reply) }),
  ),
  /** A tapped quick reply of a template. */
  button: lenient(z.object({ payload: lenient(id), text: lenient(z.string()) })),
  image: lenient(file),
  document: lenient(file),
  audio: lenient(file),
  video: lenient(file),
  sticker: lenient(file),
  location: lenient(
    z.object({
      latitude: z.number().min(-90).max(90),
      longitude: z.number().min(-180).max(180),
      name: lenient(z.string()),
      address: lenient(z.string()),
    }),
  ),
  contacts: lenient(
    z.array(
      z.object({
        name: lenient(z.object({ formatted_name: lenient(z.string()), first_name: lenient(z.string()) })),
        phones: lenient(z.array(z.object({ phone: lenient(z.string()), wa_id: lenient(z.string()) }))),
      }),
    ),
  ),
  unsupported: lenient(z.object({ type: lenient(z.string()) })),
};

const contentSchema = z.object(content);

export const messageSchema = z.object({
  id,
  /** Digits without the plus sign; absent for a person who writes under a username. */
  from: lenient(id),
  from_user_id: lenient(id),
  /** Set for a message in a group. */
  group_id: lenient(id),
  timestamp: seconds,
  edit: lenient(z.object({ original_message_id: id, message: contentSchema })),
  ...content,
});

export const statusSchema = z.object({
  id,
  status: z.string(),
  timestamp: seconds,
  errors: lenient(z.array(z.object({ code: z.number() })).min(1)),
});

export type CloudFile = z.infer<typeof file>;
export type CloudContent = z.infer<typeof contentSchema>;
export type CloudMessage = z.infer<typeof messageSchema>;
export type CloudProfile = z.infer<typeof profileSchema>;
