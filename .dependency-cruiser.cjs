// DESIGN: a folder may import only what stands to its right. Each rule names what a folder must NOT reach.
const allow = (name, from, ...may) => ({
  name,
  severity: 'error',
  from: { path: `^src/${from}` },
  to: { path: '^src/', pathNot: [`^src/${from}`, ...may.map((folder) => `^src/${folder}`)] },
});

module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    allow('domain-imports-nothing', 'domain/'),
    allow('answers', 'answers/', 'domain/'),
    allow('faq', 'faq/', 'domain/'),
    allow('i18n', 'i18n/', 'domain/'),
    allow('flow', 'flow/', 'domain/', 'answers/', 'faq/', 'i18n/'),
    allow('ports', 'ports/', 'domain/'),
    allow('runtime', 'runtime/', 'domain/', 'flow/', 'faq/', 'i18n/', 'ports/'),
    allow('store', 'store/(?!mongo/|sqlite/)', 'store/', 'domain/', 'ports/'),
    allow('store-mongo', 'store/mongo/', 'domain/', 'ports/'),
    allow('store-sqlite', 'store/sqlite/', 'domain/', 'ports/'),
    allow('queue-bullmq', 'queue/bullmq/', 'domain/', 'ports/', 'queue/shared/'),
    allow('queue-in-process', 'queue/in-process/', 'domain/', 'ports/', 'queue/shared/'),
    allow('queue-shared', 'queue/shared/', 'domain/', 'ports/'),
    allow('channel-telegram', 'channels/telegram/', 'domain/', 'ports/', 'channels/shared/'),
    allow('channel-web-chat', 'channels/web-chat/', 'domain/', 'ports/', 'channels/shared/'),
    allow('channel-whatsapp-web', 'channels/whatsapp-web/', 'domain/', 'ports/', 'channels/shared/'),
    allow('channel-whatsapp-cloud', 'channels/whatsapp-cloud/', 'domain/', 'ports/', 'channels/shared/'),
    allow('channel-shared', 'channels/shared/', 'domain/', 'ports/'),
    allow('http', 'http/', 'domain/', 'flow/', 'ports/', 'runtime/'),
    allow('web', 'web/', 'domain/', 'answers/', 'faq/', 'flow/', 'i18n/'),
    {
      name: 'client-libraries-stay-in-their-folder',
      severity: 'error',
      from: {
        path: '^src/',
        pathNot: '^src/(channels/telegram|channels/whatsapp-web|store/mongo|store/sqlite|queue/bullmq)/',
      },
      to: { path: 'node_modules/(grammy|whatsapp-web\\.js|mongoose|mongodb|@photostructure/sqlite|bullmq|ioredis)/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
