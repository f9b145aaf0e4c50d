import { z } from 'zod';
import { AppError, SendError } from '../../domain/errors.ts';
import type { ApprovedTemplate } from '../../ports/channel.ts';
import type { Clock } from '../../ports/clock.ts';
import type { GraphClient } from './graph-client.ts';

/** An admin who has a template approved sees it here after this long at most. */
const keptMs = 60_000;
/** Of 50 templates each; an account may have 250 or, verified, 6,000 (developers.facebook.com/docs/whatsapp/message-templates). */
const mostPages = 20;

const componentSchema = z.looseObject({
  type: z.string(),
  format: z.string().optional(),
  text: z.string().optional(),
  buttons: z.array(z.looseObject({ type: z.string(), url: z.string().optional() })).optional(),
});
const templateSchema = z.object({
  name: z.string().min(1),
  language: z.string().min(1),
  status: z.string(),
  category: z.string(),
  components: z.array(componentSchema),
});
const pageSchema = z.object({
  data: z.array(z.unknown()),
  paging: z
    .object({ cursors: z.object({ after: z.string() }).partial().optional(), next: z.string().optional() })
    .optional(),
});
const ownerSchema = z.object({ whatsapp_business_account: z.object({ id: z.string().regex(/^\d+$/) }) });

/** Reads one template of the Graph API; null for one that is not approved or cannot be read. Never throws. */
export function decodeTemplate(raw: unknown): ApprovedTemplate | null {
  const parsed = templateSchema.safeParse(raw);
  if (!parsed.success || parsed.data.status !== 'APPROVED') return null;
  const { name, language, status, category, components } = parsed.data;
  const textOf = (type: string) => components.find((one) => one.type === type)?.text;
  const [header, body = '', footer] = [textOf('HEADER'), textOf('BODY'), textOf('FOOTER')];
  const places = placesIn(body);
  const isNumbered = places.every((place, index) => place === String(index + 1));
  return {
    ...{ name, language, status, category, body, parameters: places.length },
    ...(header === undefined ? {} : { header }),
    ...(footer === undefined ? {} : { footer }),
    isSendable: isNumbered && components.every(needsNothing),
  };
}

/** The places of a text, each once: `{{1}}`, `{{2}}` ... in their order, or names. */
function placesIn(text: string): string[] {
  const places = new Set([...text.matchAll(/\{\{\s*(\w+)\s*\}\}/g)].map(([, place = '']) => place));
  return [...places].sort((one, other) => Number(one) - Number(other));
}

/** Whether a part is sent as it was approved: a file above the text, a place in a link or a code to copy would have to be given. */
function needsNothing({ type, format, text = '', buttons = [] }: z.infer<typeof componentSchema>): boolean {
  switch (type) {
    case 'HEADER':
      return format === 'TEXT' && placesIn(text).length === 0;
    case 'BUTTONS':
      return buttons.every(
        (button) =>
          button.type === 'QUICK_REPLY' ||
          button.type === 'PHONE_NUMBER' ||
          (button.type === 'URL' && placesIn(button.url ?? '').length === 0),
      );
    default:
      return type === 'BODY' || type === 'FOOTER';
  }
}

/** The approved templates of a number's account, asked for at most once a minute. */
export function createTemplateList({
  graph,
  businessAccountId,
  clock,
}: {
  graph: GraphClient;
  businessAccountId: string | undefined;
  clock: Clock;
}): (signal: AbortSignal) => Promise<readonly ApprovedTemplate[]> {
  let owner = businessAccountId;
  let kept: { readonly at: number; readonly templates: Promise<readonly ApprovedTemplate[]> } | null = null;

  async function read(signal: AbortSignal): Promise<readonly ApprovedTemplate[]> {
    owner ??= await findOwner(graph, signal);
    const templates: ApprovedTemplate[] = [];
    let after: string | undefined;
    for (let page = 0; page < mostPages; page += 1) {
      const { data, paging } = pageSchema.parse(await graph.listTemplates(owner, after, signal));
      templates.push(...data.flatMap((raw) => decodeTemplate(raw) ?? []));
      after = paging?.next === undefined ? undefined : paging.cursors?.after;
      if (after === undefined) break;
    }
    return templates;
  }

  return (signal) => {
    if (kept && clock.now() - kept.at < keptMs) return kept.templates;
    const templates = read(signal);
    const asked = { at: clock.now(), templates };
    kept = asked;
    templates.catch(() => {
      if (kept === asked) kept = null;
    });
    return templates;
  };
}

/** Not every token may read this field of a number. */
async function findOwner(graph: GraphClient, signal: AbortSignal): Promise<string> {
  const answer = ownerSchema.safeParse(
    await graph.findOwner(signal).catch((error: unknown) => {
      if (error instanceof SendError && error.failure.is === 'final') return null;
      throw error;
    }),
  );
  if (answer.success) return answer.data.whatsapp_business_account.id;
  throw new AppError(
    'business-account-unknown',
    'WhatsApp does not say whose number this is: give businessAccountId, the id of the WhatsApp Business Account.',
  );
}
