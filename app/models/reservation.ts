import { ReservationSchema } from '#database/schema'

export default class Reservation extends ReservationSchema {}
