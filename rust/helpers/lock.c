// SPDX-License-Identifier: GPL-2.0

#include <linux/device.h>
#include <linux/lockdep.h>
#include <linux/spinlock.h>

__devscope_helper void devscope_spin_lock_irq(struct spinlock *lock)
{
	lockdep_assert_irqs_enabled();
	spin_lock_irq(lock);
}

__devscope_helper void devscope_spin_unlock_irq(struct spinlock *lock)
{
	spin_unlock_irq(lock);
}

__devscope_helper bool devscope_spin_trylock_irq(struct spinlock *lock)
{
	lockdep_assert_irqs_enabled();
	return spin_trylock_irq(lock);
}

__devscope_helper void devscope_device_lock(struct device *dev)
{
	device_lock(dev);
}

__devscope_helper void devscope_device_unlock(struct device *dev)
{
	device_unlock(dev);
}
