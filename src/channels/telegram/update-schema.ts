import { z } from 'zod';

/**
 * The parts of a Bot API update that are read (core.telegram.org/bots/api#update). Only what is needed to place a message is
 * required; a part of an unexpected shape counts as absent, so that a new version of the API takes nothing else with it.
 */
const lenient = <Schema extends z.ZodType>(schema: Schema) => schema.optional().catch(undefined);

const id = z.number().int();
/** Seconds since the epoch that a Date can hold in milliseconds. */
const seconds = z.number().min(0).max(8.64e12);
const chat = z.object({ id, type: lenient(z.string()) });

const sender = z.object({
  id,
  first_name: lenient(z.string()),
  last_name: lenient(z.string()),
  language_code: lenient(z.string()),
});

const file = z.object({
  file_id: z.string().min(1),
  file_name: lenient(z.string()),
  mime_type: lenient(z.string()),
  file_size: lenient(z.number().min(0)),
  duration: lenient(z.number().min(0)),
});

const coordinates = z.object({ latitude: z.number(), longitude: z.number() });

export const updateSchema = z.looseObject({ update_id: id });

/** Loose, so that a kind of content that is not read can still be named. */
export const messageSchema = z.looseObject({
  message_id: id,
  date: seconds,
  edit_date: lenient(seconds),
  chat,
  from: lenient(sender),
  media_group_id: lenient(z.string()),
  text: lenient(z.string()),
  caption: lenient(z.string()),
  /** Smallest first. */
  photo: lenient(z.array(file).min(1)),
  animation: lenient(file),
  document: lenient(file),
  voice: lenient(file),
  audio: lenient(file),
  video: lenient(file),
  video_note: lenient(file),
  sticker: lenient(file),
  location: lenient(coordinates),
  venue: lenient(z.object({ location: coordinates, title: z.string() })),
  contact: lenient(
    z.object({
      phone_number: z.string(),
      first_name: lenient(z.string()),
      last_name: lenient(z.string()),
      user_id: lenient(id),
    }),
  ),
});

export const tapSchema = z.object({
  id: z.string().min(1),
  from: sender,
  data: lenient(z.string()),
  message: lenient(
    z.object({
      chat,
      reply_markup: lenient(
        z.object({
          inline_keyboard: z.array(
            z.array(z.object({ text: lenient(z.string()), callback_data: lenient(z.string()) })),
          ),
        }),
      ),
    }),
  ),
});

export const memberSchema = z.object({ chat, new_chat_member: z.object({ status: z.string() }) });

export type TelegramFile = z.infer<typeof file>;
export type TelegramSender = z.infer<typeof sender>;
export type TelegramMessage = z.infer<typeof messageSchema>;
export type TelegramChat = z.infer<typeof chat>;
