from mail.models.delivery_test import DeliveryTest
from mail.models.email import Email, EmailStatus
from mail.models.opt_out import OptOut
from mail.models.suppression import Suppression

__all__ = ["DeliveryTest", "Email", "EmailStatus", "OptOut", "Suppression"]
