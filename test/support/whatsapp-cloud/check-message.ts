import { z } from 'zod';
import { GraphError, invalid, missing } from './graph-error.ts';

/** A template that was approved, and how many places its text and its quick replies have. */
export interface ApprovedTemplate {
  readonly language: string;
  readonly parameters: number;
  readonly quickReplies?: number;
  /** As the list of templates shows it. */
  readonly listed?: { readonly status?: string; readonly category?: string; readonly components?: readonly object[] };
}

export interface CheckContext {
  readonly templates: ReadonlyMap<string, ApprovedTemplate>;
  readonly hasMedia: (id: string) => { readonly mimeType: string } | null;
}

/** What a send may hold: strict, so that a word WhatsApp does not know is found out. Lengths are in characters, as Meta counts. */
const text = (most: number) => z.string().refine((value) => value.length > 0 && [...value].length <= most);

const button = z.strictObject({ type: z.literal('reply'), reply: z.strictObject({ id: text(256), title: text(20) }) });
const row = z.strictObject({ id: text(200), title: text(24), description: text(72).optional() });
const body = z.strictObject({ text: text(1024) });
const media = z.strictObject({ id: z.string() });
const captioned = media.extend({ caption: text(1024).optional() });

const bodies = {
  text: z.strictObject({ body: text(4096), preview_url: z.boolean().optional() }),
  interactive: z.discriminatedUnion('type', [
    z.strictObject({
      type: z.literal('button'),
      body,
      action: z.strictObject({ buttons: z.array(button).min(1).max(3) }),
    }),
    z.strictObject({
      type: z.literal('list'),
      body,
      action: z.strictObject({
        button: text(20),
        sections: z.array(z.strictObject({ title: text(24).optional(), rows: z.array(row).min(1).max(10) })).min(1),
      }),
    }),
  ]),
  image: captioned,
  video: captioned,
  document: captioned.extend({ filename: text(240).optional() }),
  audio: media.extend({ voice: z.boolean().optional() }),
  sticker: media,
  location: z.strictObject({
    latitude: z.number().min(-90).max(90),
    longitude: z.number().min(-180).max(180),
    name: text(1000).optional(),
    address: text(1000).optional(),
  }),
  contacts: z
    .array(
      z.strictObject({
        name: z.strictObject({ formatted_name: text(1000), first_name: text(1000) }),
        phones: z.array(z.strictObject({ phone: text(40), type: z.string().optional() })),
      }),
    )
    .min(1),
  template: z.strictObject({
    name: text(512),
    language: z.strictObject({ code: text(10) }),
    components: z
      .array(
        z.union([
          z.strictObject({
            type: z.literal('body'),
            parameters: z.array(
              z.strictObject({
                type: z.literal('text'),
                text: text(1024).refine((value) => !/[\n\t]| {5}/.test(value)),
              }),
            ),
          }),
          z.strictObject({
            type: z.literal('button'),
            sub_type: z.literal('quick_reply'),
            index: z.string().regex(/^\d$/),
            parameters: z.array(z.strictObject({ type: z.literal('payload'), payload: text(256) })).length(1),
          }),
        ]),
      )
      .optional(),
  }),
} as const;

const messageSchema = z.object({
  messaging_product: z.literal('whatsapp'),
  recipient_type: z.literal('individual').optional(),
  to: z
    .string()
    .regex(/^\+?\d{7,15}$/)
    .optional(),
  recipient: z
    .string()
    .regex(/^[A-Z]{2}\.[A-Za-z0-9.]+$/)
    .optional(),
  type: z.enum(Object.keys(bodies) as [keyof typeof bodies, ...(keyof typeof bodies)[]]), // The keys of the table above.
});

/** Which formats are shown as what (developers.facebook.com/docs/whatsapp/cloud-api/reference/media#supported-media-types). */
const formats: Readonly<Record<string, RegExp>> = {
  image: /^image\/(jpeg|png)$/,
  video: /^video\/(mp4|3gpp)$/,
  audio: /^audio\/(aac|amr|mpeg|mp4|ogg; codecs=opus)$/,
  sticker: /^image\/webp$/,
  document: /./,
};

/** Checks a send as Meta does. Returns to whom it goes. @throws GraphError */
export function checkMessage(payload: unknown, context: CheckContext): string {
  const envelope = messageSchema.safeParse(payload);
  if (!envelope.success) throw invalid(envelope.error.message);
  const { type, to, recipient } = envelope.data;
  const address = to ?? recipient;
  if (address === undefined) throw missing('to');
  const content = bodies[type].safeParse((payload as Record<string, unknown>)[type]); // It parsed as an object above.
  if (!content.success) throw invalid(`${type}: ${content.error.message}`);
  if (type === 'interactive') checkUnique(bodies.interactive.parse(content.data));
  if (type in formats) {
    const file = context.hasMedia(media.loose().parse(content.data).id);
    if (!file) throw invalid('Media ID not found');
    if (!formats[type]?.test(file.mimeType)) throw new GraphError(400, 131053, '(#131053) Media upload error');
  }
  if (type === 'template') checkTemplate(bodies.template.parse(content.data), context);
  return address.replace(/^\+/, '');
}

function checkUnique(interactive: z.infer<typeof bodies.interactive>): void {
  if (interactive.type === 'list') {
    const rows = interactive.action.sections.flatMap((section) => section.rows);
    if (rows.length > 10) throw invalid('Total row count exceed max allowed count: 10');
    if (new Set(rows.map(({ id }) => id)).size < rows.length) throw invalid('Row id is duplicated');
    return;
  }
  const replies = interactive.action.buttons.map((one) => one.reply);
  for (const key of ['id', 'title'] as const) {
    if (new Set(replies.map((reply) => reply[key])).size < replies.length)
      throw invalid(`Duplicated ${key} of buttons`);
  }
}

function checkTemplate(
  { name, language, components = [] }: z.infer<typeof bodies.template>,
  context: CheckContext,
): void {
  const approved = context.templates.get(name);
  if (!approved || approved.language !== language.code) {
    throw new GraphError(404, 132001, '(#132001) Template name does not exist in the translation');
  }
  const given = components.flatMap((component) => (component.type === 'body' ? component.parameters : [])).length;
  const replies = components.filter((component) => component.type === 'button').length;
  if (given !== approved.parameters || replies > (approved.quickReplies ?? 0)) {
    throw new GraphError(400, 132000, '(#132000) Number of parameters does not match the expected number of params');
  }
}
