"""Single invoices: post a draft, discard one, deliver a posted one."""
