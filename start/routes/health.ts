import router from '@adonisjs/core/services/router'

const Health = () => import('#controllers/health_controller')

router
  .group(() => {
    router.get('live', [Health, 'live']).as('live')
    router.get('ready', [Health, 'ready']).as('ready')
  })
  .prefix('/health')
  .as('health')
