import { statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { mediaTypeNames, toMediaRules, type MediaRules } from './channels/shared/check-media.ts';
import { AppError } from './domain/errors.ts';
import { keepSecret } from './keep-secret.ts';

export type Role = 'all' | 'web' | 'worker';
export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

/** Every setting of the installation, read once. Names and meanings stand in `.env.example`. */
export interface Config {
  readonly port: number;
  readonly host: string;
  readonly publicUrl: string | null;
  readonly dataDir: string;
  readonly flowsDir: string;
  readonly localesDir: string;
  readonly role: Role;
  readonly logLevel: LogLevel;
  /** Which of the files that people send are kept. */
  readonly mediaRules: MediaRules;
  /** How long they are kept; 0 is for ever. */
  readonly fileRetentionDays: number;
  readonly secretKey: Buffer;
  /** True when this start made the key: the operator is told where it is and to keep it. */
  readonly isSecretKeyNew: boolean;
  /** Officers' bearer token until the console brings accounts. */
  readonly officerToken: string;
  /** Lets whoever watches the installation read its metrics, and nothing else. */
  readonly metricsToken: string;
  readonly defaultLanguage: string;
  readonly timeZone: string;
  readonly mongodbUri: string | null;
  readonly redisUrl: string | null;
  readonly telegramApiRoot: string;
  readonly whatsappCloudApiRoot: string;
  readonly chromium: { readonly chromiumPath: string; readonly chromiumArgs: readonly string[] };
  /** The accounts of the environment; officers add others. */
  readonly telegram: {
    readonly token: string;
    readonly mode: 'polling' | 'webhook';
    readonly webhookSecret?: string;
  } | null;
  readonly whatsappCloud: {
    readonly accessToken: string;
    readonly phoneNumberId: string;
    readonly appSecret: string;
    readonly verifyToken: string;
    readonly businessAccountId?: string;
  } | null;
  readonly whatsappWeb: { readonly messagesPerMinute: number } | null;
}

const telegramsOwn = 'https://api.telegram.org';
const metasOwn = 'https://graph.facebook.com';
const keyDigits = '64 hexadecimal digits';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads and validates the environment; makes DATA_DIR and the secrets in it when they are absent.
 * @throws AppError 'config-invalid' with one line that names the setting, what was expected and an example
 */
export function readConfig(environment: Environment = process.env): Config {
  const read = createReader(environment);
  const dataDir = resolve(read.text('DATA_DIR', 'data'));
  const mongodbUri = read.url('MONGODB_URI', ['mongodb:', 'mongodb+srv:'], 'mongodb://127.0.0.1:27017/wasl');
  const redisUrl = read.url('REDIS_URL', ['redis:', 'rediss:'], 'redis://127.0.0.1:6379');
  const role = read.oneOf('ROLE', ['all', 'web', 'worker'], 'all');
  const publicUrl = read.url('PUBLIC_URL', ['https:', 'http:'], 'https://wasl.example.org');

  if (role !== 'all' && !(mongodbUri && redisUrl)) {
    throw invalid('ROLE', `"${role}" needs MONGODB_URI and REDIS_URL, which processes share`, 'ROLE=all');
  }
  if (redisUrl && !mongodbUri) {
    throw invalid(
      'REDIS_URL',
      'MONGODB_URI beside it (SQLite belongs to one process)',
      'mongodb://127.0.0.1:27017/wasl',
    );
  }
  const telegramApiRoot = withoutSlash(
    read.url('TELEGRAM_API_ROOT', ['https:', 'http:'], telegramsOwn) ?? telegramsOwn,
  );
  const telegram = readTelegram(read, publicUrl, telegramApiRoot);
  const whatsappCloudApiRoot = withoutSlash(
    read.url('WHATSAPP_CLOUD_API_ROOT', ['https:', 'http:'], metasOwn) ?? metasOwn,
  );
  const whatsappCloud = readWhatsappCloud(read);
  const { whatsappWeb, chromium } = readWhatsappWeb(read);
  const port = read.integer('PORT', 3000, 0, 65_535);
  const timeZone = read.timeZone('TIMEZONE', 'Asia/Riyadh');
  const defaultLanguage = read.matching('DEFAULT_LANGUAGE', 'ar', /^[a-z]{2,3}$/, 'a language code', 'ar');
  const logLevel = read.oneOf('LOG_LEVEL', ['debug', 'info', 'warn', 'error', 'silent'], 'info');
  const mediaRules = readMediaRules(read);
  const fileRetentionDays = read.integer('FILE_RETENTION_DAYS', 365, 0, 36_500);

  const host = read.text('HOST', '127.0.0.1');
  const flowsDir = read.folder('FLOWS_DIR', 'flows');
  const localesDir = read.folder('LOCALES_DIR', 'locales');
  const givenKey = read.matching(
    'SECRET_KEY',
    '',
    /^([0-9a-f]{64})?$/i,
    keyDigits,
    'the output of openssl rand -hex 32',
  );

  const givenMetricsToken = read.matching(
    'METRICS_TOKEN',
    '',
    /^([\x21-\x7e]{16,512})?$/,
    '16 or more letters and digits',
    'the output of openssl rand -hex 32',
  );

  // Whatever is wrong is said before anything is written.
  const keyFile = join(dataDir, 'secret-key');
  const key = givenKey ? { value: givenKey, isNew: false } : secretIn(keyFile, 32);
  if (!/^[0-9a-f]{64}$/i.test(key.value))
    throw invalid('SECRET_KEY', `${keyDigits} in ${keyFile}`, 'a copy of that file from a backup');
  const tokenFile = join(dataDir, 'officer-token');
  const officerToken = secretIn(tokenFile, 24).value;
  if (!/^[\x21-\x7e]{32,512}$/.test(officerToken))
    throw invalid(
      'DATA_DIR',
      `32 or more letters and digits in ${tokenFile}`,
      'a new one, made when the file is removed',
    );

  const metricsToken = givenMetricsToken || secretIn(join(dataDir, 'metrics-token'), 24).value;

  return {
    port,
    host,
    publicUrl,
    dataDir,
    flowsDir,
    localesDir,
    role,
    logLevel,
    mediaRules,
    fileRetentionDays,
    secretKey: Buffer.from(key.value, 'hex'),
    isSecretKeyNew: key.isNew,
    officerToken,
    metricsToken,
    defaultLanguage,
    timeZone,
    mongodbUri,
    redisUrl,
    telegramApiRoot,
    telegram,
    whatsappCloudApiRoot,
    whatsappCloud,
    chromium,
    whatsappWeb,
  };
}

type Reader = ReturnType<typeof createReader>;

function readMediaRules(read: Reader): MediaRules {
  const types = read.text('MEDIA_TYPES', 'photo,document,voice,audio,video,sticker').split(/\s*,\s*/);
  if (types.some((type) => !mediaTypeNames.includes(type)))
    throw invalid('MEDIA_TYPES', `some of ${mediaTypeNames.join(', ')}`, 'photo,document,application/pdf');
  return toMediaRules(types, read.integer('MEDIA_MAX_MB', 20, 1, 100));
}

function readTelegram(read: Reader, publicUrl: string | null, apiRoot: string): Config['telegram'] {
  const token = read.matching(
    'TELEGRAM_BOT_TOKEN',
    '',
    /^(\d{3,}:[\w-]{10,})?$/,
    "a token from Telegram's @BotFather",
    '123456:ABC-DEF...',
  );
  const mode = read.oneOf('TELEGRAM_MODE', ['polling', 'webhook'], 'polling');
  const expected = '1 to 256 of A-Z, a-z, 0-9, _ and -';
  const secret = read.matching('TELEGRAM_WEBHOOK_SECRET', '', /^[\w-]{0,256}$/, expected, 'openssl rand -hex 32');
  if (!token) return null;
  if (mode === 'webhook' && !secret)
    throw invalid('TELEGRAM_WEBHOOK_SECRET', `${expected} in webhook mode`, 'openssl rand -hex 32');
  // A Bot API server of one's own takes any address; Telegram's takes https alone.
  const isReachable = publicUrl?.startsWith(apiRoot === telegramsOwn ? 'https://' : 'http');
  if (mode === 'webhook' && !isReachable)
    throw invalid('PUBLIC_URL', 'the https address Telegram reaches in webhook mode', 'https://wasl.example.org');
  return { token, mode, ...(secret ? { webhookSecret: secret } : {}) };
}

function readWhatsappCloud(read: Reader): Config['whatsappCloud'] {
  const setting = (name: string, pattern: RegExp, expected: string, example: string) => ({
    value: read.matching(`WHATSAPP_CLOUD_${name}`, '', new RegExp(`^(${pattern.source})?$`), expected, example),
    missing: invalid(`WHATSAPP_CLOUD_${name}`, `${expected}, beside the other WHATSAPP_CLOUD_ settings`, example),
  });
  const accessToken = setting('ACCESS_TOKEN', /[\w.|-]{3,}/, "a system user's access token", 'EAAG...');
  const phoneNumberId = setting(
    'PHONE_NUMBER_ID',
    /\d{5,}/,
    "the number's id (not the number itself)",
    '106540352242922',
  );
  const appSecret = setting('APP_SECRET', /\S{8,}/, "the Meta app's secret", '0123456789abcdef...');
  const verifyToken = setting(
    'VERIFY_TOKEN',
    /[\w-]{8,}/,
    '8 or more of A-Z, a-z, 0-9, _ and -',
    'openssl rand -hex 32',
  );
  const businessAccountId = setting(
    'BUSINESS_ACCOUNT_ID',
    /\d{5,}/,
    'the id of the WhatsApp Business Account',
    '102290129340398',
  ).value;

  const settings = [accessToken, phoneNumberId, appSecret, verifyToken];
  if (settings.every(({ value }) => !value)) return null;
  const absent = settings.find(({ value }) => !value);
  if (absent) throw absent.missing;
  return {
    accessToken: accessToken.value,
    phoneNumberId: phoneNumberId.value,
    appSecret: appSecret.value,
    verifyToken: verifyToken.value,
    ...(businessAccountId ? { businessAccountId } : {}),
  };
}

function readWhatsappWeb(read: Reader): Pick<Config, 'whatsappWeb' | 'chromium'> {
  const isOn = read.oneOf('WHATSAPP_WEB', ['on', 'off'], 'off') === 'on';
  const chromiumPath = resolve(read.text('CHROMIUM_PATH', '/usr/bin/chromium'));
  const expected = 'arguments of Chromium, each beginning with --';
  const args = read.matching('WHATSAPP_WEB_CHROMIUM_ARGS', '', /^(--.+)?$/, expected, '--no-sandbox');
  const messagesPerMinute = read.integer('WHATSAPP_WEB_MESSAGES_PER_MINUTE', 20, 1, 600);
  // An argument may hold spaces.
  const chromium = { chromiumPath, chromiumArgs: args.split(/\s+(?=--)/).filter(Boolean) };
  if (!isOn) return { whatsappWeb: null, chromium };
  if (!statSync(chromiumPath, { throwIfNoEntry: false })?.isFile()) {
    throw invalid('CHROMIUM_PATH', `a Chromium (there is no ${chromiumPath})`, '/usr/bin/chromium');
  }
  return { whatsappWeb: { messagesPerMinute }, chromium };
}

function createReader(environment: Environment) {
  const given = (name: string): string => environment[name]?.trim() ?? '';
  return {
    text: (name: string, fallback: string): string => given(name) || fallback,
    matching(name: string, fallback: string, pattern: RegExp, expected: string, example: string): string {
      const value = given(name) || fallback;
      if (!pattern.test(value)) throw invalid(name, expected, example);
      return value;
    },
    oneOf<const Value extends string>(name: string, values: readonly Value[], fallback: Value): Value {
      const value = given(name) || fallback;
      const found = values.find((allowed) => allowed === value);
      if (!found) throw invalid(name, `one of ${values.join(', ')}`, `${name}=${fallback}`);
      return found;
    },
    integer(name: string, fallback: number, min: number, max: number): number {
      const value = /^\d{1,9}$/.test(given(name) || `${fallback}`) ? Number(given(name) || fallback) : NaN;
      if (!Number.isInteger(value) || value < min || value > max) {
        throw invalid(name, `a whole number from ${min} to ${max}`, `${name}=${fallback}`);
      }
      return value;
    },
    url(name: string, protocols: readonly string[], example: string): string | null {
      const value = given(name);
      if (!value) return null;
      const protocol = /^([a-z+]+:)\/\/[^\s/]/i.exec(value)?.[1]?.toLowerCase() ?? '';
      // A MongoDB address with several hosts is no URL to the standard parser.
      const isReadable = protocol.startsWith('mongodb') || URL.canParse(value);
      if (!isReadable || !protocols.includes(protocol)) {
        throw invalid(name, `an address that begins with ${protocols.map((one) => `${one}//`).join(' or ')}`, example);
      }
      return value;
    },
    timeZone(name: string, fallback: string): string {
      const value = given(name) || fallback;
      try {
        new Intl.DateTimeFormat('en', { timeZone: value });
        return value;
      } catch {
        throw invalid(name, 'a time zone name', fallback);
      }
    },
    folder(name: string, fallback: string): string {
      const value = resolve(given(name) || fallback);
      if (!statSync(value, { throwIfNoEntry: false })?.isDirectory())
        throw invalid(name, `a folder that exists (there is none at ${value})`, `${name}=./${fallback}`);
      return value;
    },
  };
}

function secretIn(file: string, bytes: number): { readonly value: string; readonly isNew: boolean } {
  try {
    return keepSecret(file, bytes);
  } catch (cause) {
    const why = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
    throw new AppError(
      'config-invalid',
      `DATA_DIR: expected a folder of one's own where ${file} can be read and written (${why}), for example DATA_DIR=./data`,
      { cause },
    );
  }
}

function invalid(name: string, expected: string, example: string): AppError {
  return new AppError('config-invalid', `${name}: expected ${expected}, for example ${example}`);
}

function withoutSlash(url: string): string {
  return url.replace(/\/$/, '');
}
