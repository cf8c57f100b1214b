/** A web server that moves real money must not start on settings made for trying things out. */
export default class LiveMoneyProvider {
  async start() {
    const { checkLiveMoney } = await import('#start/live_money')
    await checkLiveMoney()
  }
}
